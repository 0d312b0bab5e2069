// The tries of single requests on a line of time, as they came out of the simulation.
import { color } from './charts.js';
import { element } from './rows.js';
import { timeText } from './sliders.js';

const ROW = 18;
const LEFT = 4;
const RIGHT = 10;
const AXIS = 22;
const MOST_REQUESTS = 6;
const SVG = 'http://www.w3.org/2000/svg';

function svg(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
  return made;
}

function marks(end) {
  const step = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600].find((each) => end / each <= 6) ?? 7200;
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, index) => index * step);
}

function words(tries) {
  const outcome = tries.at(-1).accepted ? `answered after ${timeText(tries.at(-1).after)}` : 'given up';
  return `${tries.length} tries, ${outcome}`;
}

function timeline(strategy, requests, end, width) {
  const height = requests.length * ROW + AXIS;
  const x = (seconds) => LEFT + (seconds / end) * (width - LEFT - RIGHT);
  const picture = svg('svg', {
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: 'img',
    'aria-label': `${strategy}: ${requests.map((tries) => words(tries)).join('; ')}`,
  });
  marks(end).forEach((at) => {
    picture.append(svg('line', { x1: x(at), x2: x(at), y1: 0, y2: height - AXIS, stroke: color('--line') }));
    const label = svg('text', {
      x: x(at),
      y: height - 6,
      fill: color('--quiet'),
      'font-size': 11,
      'text-anchor': at === 0 ? 'start' : x(at) > width - 30 ? 'end' : 'middle',
    });
    label.textContent = at === 0 ? '0' : timeText(at);
    picture.append(label);
  });
  requests.forEach((tries, row) => {
    const y = row * ROW + ROW / 2;
    picture.append(
      svg('line', { x1: x(tries[0].after), x2: x(tries.at(-1).after), y1: y, y2: y, stroke: color('--still'), 'stroke-width': 1.5 }),
    );
    tries.forEach((each) => {
      const mark = each.accepted
        ? svg('circle', { cx: x(each.after), cy: y, r: 4.5, fill: color('--good') })
        : svg('rect', { x: x(each.after) - 2, y: y - 6, width: 4, height: 12, rx: 1, fill: color('--bad') });
      const title = svg('title', {});
      title.textContent = `${each.accepted ? 'answered' : '429'} ${timeText(Math.round(each.after * 100) / 100)} after the request came`;
      mark.append(title);
      picture.append(mark);
    });
  });
  return picture;
}

/** Draws the strategies that repeat refused calls; says whether there was anything to draw. */
export function drawBackoff(place, strategies) {
  const told = strategies
    .map((each) => ({ name: each.strategy, title: each.title ?? each.strategy, requests: each.retried.filter((tries) => tries.length > 1).slice(0, MOST_REQUESTS) }))
    .filter((each) => each.requests.length > 0);
  const end = Math.max(1, ...told.flatMap((each) => each.requests.map((tries) => tries.at(-1).after)));
  place.replaceChildren(
    ...told.map((each) => {
      const figure = element('figure');
      figure.append(element('figcaption', '', each.title));
      const width = Math.max(240, Math.min(place.clientWidth, 560));
      figure.append(timeline(each.title, each.requests, end, width));
      return figure;
    }),
  );
  return told.length > 0;
}
