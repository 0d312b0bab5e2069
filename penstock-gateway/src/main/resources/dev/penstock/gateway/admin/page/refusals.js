import { count } from './figures.js';
import { byId, element, familyName, follow, row, say, show, twoLines } from './rows.js';

const COLUMNS = [
  { className: 'when' },
  { head: true, className: 'who' },
  { label: 'Outcome', className: 'outcome' },
  { className: 'words' },
];
const OUTCOMES = {
  'refused-deadline': 'no room before the deadline',
  'refused-too-large': 'larger than a limit',
  'refused-queue-full': 'queue full',
  'refused-budget': 'budget spent',
  'refused-invalid': 'not valid',
  'refused-stopping': 'stopping',
  'failed-upstream': 'failed upstream',
  'cancelled-by-client': 'client hung up',
};
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

export function outcomeName(outcome) {
  return OUTCOMES[outcome] ?? outcome;
}

export function drawRefusals(state) {
  const groups = told(state.refusals);
  follow(byId('refusals').tBodies[0], groups, (_, index) => index, () => row(COLUMNS), (line, group) => {
    const cells = line.children;
    time(cells[0], group.at);
    twoLines(cells[1], group.tenant === '' ? 'no name' : group.tenant, familyName(group.family));
    twoLines(cells[2], outcomeName(group.outcome), group.times > 1 ? `${count(group.times)} times` : '');
    say(cells[3], group.words);
  });
  show(byId('refusals'), groups.length > 0);
  show(byId('refusals-empty'), groups.length === 0);
}

/** The same words to the same client one after the other are told once. */
function told(refusals) {
  const groups = [];
  for (const each of refusals) {
    const last = groups.at(-1);
    if (
      last !== undefined &&
      ['tenant', 'family', 'outcome', 'words'].every((field) => last[field] === each[field])
    ) {
      last.times += 1;
    } else {
      groups.push({ ...each, times: 1 });
    }
  }
  return groups;
}

function time(cell, millis) {
  if (cell.children.length === 0) {
    cell.append(element('time'));
  }
  const at = new Date(millis);
  cell.children[0].dateTime = at.toISOString();
  say(cell.children[0], clock.format(at));
}
