// The table of tiers.
import { count } from './figures.js';
import { byId, follow, row, say } from './rows.js';

const COLUMNS = [
  { head: true, className: 'who' },
  { label: 'Tier', className: '' },
  { label: 'Requests / min', className: 'n' },
  { label: 'Requests / day', className: 'n' },
  { label: 'Tokens / min', className: 'n' },
  { label: 'Batch queue', className: 'n' },
  { label: 'Source', className: 'words' },
  { label: '', className: '' },
];

export function drawTiers(tiers) {
  const picker = byId('tiers-model');
  const models = [...new Set(tiers.map((each) => each.model))];
  picker.replaceChildren(new Option('all', ''), ...models.map((name) => new Option(name, name)));
  const draw = () => {
    const shown = tiers.filter((each) => picker.value === '' || each.model === picker.value);
    follow(byId('tier-table').tBodies[0], shown, (each) => `${each.model} ${each.tier} ${each.source}`, () => {
      const made = row(COLUMNS);
      made.lastChild.append(document.createElement('a'));
      return made;
    }, (line, each) => {
      [
        each.model,
        each.tier,
        count(each.rpm),
        count(each.rpd),
        count(each.tpm),
        count(each.batch_queue_tokens),
        [each.source, each.date, each.requires].filter((text) => text !== '').join(', '),
      ].forEach((text, index) => say(line.children[index], text));
      const link = line.lastChild.firstChild;
      say(link, 'Simulate');
      const first = tiers.find((other) => other.model === each.model && other.tier === each.tier) === each;
      link.hidden = !first || !/^(free|\d)$/.test(each.tier);
      link.href = `#simulator?model=${encodeURIComponent(each.model)}&tier=${encodeURIComponent(each.tier)}`;
    });
  };
  picker.addEventListener('change', draw);
  draw();
}
