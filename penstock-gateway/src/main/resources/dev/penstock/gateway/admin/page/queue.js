import { count, duration, plural } from './figures.js';
import { byId, familyName, follow, inPlace, row, say, show, steady } from './rows.js';

const TENANT_COLUMNS = [
  { head: true, className: 'who' },
  { label: 'Waiting', className: 'n' },
  { label: 'Running', className: 'n' },
  { label: 'Longest wait', className: 'n' },
  { label: 'Requests / min', className: 'n' },
  { label: 'Tokens / min', className: 'n' },
  { label: 'Weight', className: 'n' },
  { label: 'Budget left', className: 'budget' },
];
const NEXT_COLUMNS = [
  { head: true, className: 'who' },
  { label: 'Model', className: 'model' },
  { label: 'Priority' },
  { label: 'Waited', className: 'n' },
  { label: 'Starts in', className: 'n' },
  { label: 'Deadline in', className: 'n' },
  { label: 'Waits for', className: 'why' },
];

export function drawTenants(state) {
  const tenants = inPlace('tenants', state.tenants, (each) => each.tenant);
  follow(byId('tenants').tBodies[0], tenants, (each) => each.tenant, () => row(TENANT_COLUMNS), (line, each) => {
    const cells = line.children;
    say(cells[0], each.tenant === '' ? 'no name' : each.tenant);
    say(cells[1], count(each.waiting));
    say(cells[2], count(each.running));
    say(cells[3], each.waiting === 0 ? '–' : duration(each.longestWaitMillis));
    say(cells[4], count(Math.round(each.requestsPerMinute)));
    say(cells[5], count(Math.round(each.tokensPerMinute)));
    say(cells[6], String(each.weight));
    say(cells[7], each.budget === null ? '–' : each.budget);
  });
  show(byId('tenants'), tenants.length > 0);
  show(byId('tenants-empty'), tenants.length === 0);
  const more = state.tenantsInAll - tenants.length;
  say(byId('tenants-more'), `And ${plural(more, 'tenant', 'tenants')} with less work.`);
  show(byId('tenants-more'), more > 0);
  steady(byId('tenants').parentElement);
}

export function drawNext(state) {
  // A row is a place in the queue: requests move up through them.
  follow(byId('next').tBodies[0], state.nextUp, (_, index) => index, () => row(NEXT_COLUMNS), (line, each) => {
    const cells = line.children;
    say(cells[0], each.tenant === '' ? 'no name' : each.tenant);
    say(cells[1], familyName(each.family));
    say(cells[2], each.priority);
    say(cells[3], duration(each.waitedMillis));
    say(cells[4], each.startsInMillis === null ? 'unknown' : duration(each.startsInMillis));
    say(cells[5], duration(each.leftMillis));
    say(cells[6], each.why);
  });
  show(byId('next'), state.nextUp.length > 0);
  show(byId('next-empty'), state.nextUp.length === 0);
  steady(byId('next').parentElement);
}
