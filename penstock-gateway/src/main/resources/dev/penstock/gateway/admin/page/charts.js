import uPlot from './uplot.js';
import { count, plural, sum } from './figures.js';
import { byId, element, say } from './rows.js';
import { outcomeName } from './refusals.js';

const HEIGHT = 136;
const SMOOTHED_SECONDS = 10;
const SECONDS_A_MINUTE = 60;
const HOVERED = uPlot.sync('penstock');

const CHARTS = [
  {
    id: 'requests',
    title: 'Requests per minute',
    series: [
      { name: 'answered', color: '--flow', area: true, values: (past) => perMinute(past.outcomes.answered, past) },
      { name: 'refused', color: '--warn', values: (past) => withoutFloor(perMinute(unanswered(past), past)) },
      { name: 'upstream 429', color: '--bad', marks: true, values: (past) => past.refusedByUpstream },
    ],
    inWords: requestsInWords,
  },
  {
    id: 'tokens',
    title: 'Tokens per minute',
    series: [
      { name: 'input', color: '--flow', area: true, values: (past) => perMinute(past.inputTokens, past) },
      { name: 'output', color: '--second', values: (past) => perMinute(past.outputTokens, past) },
    ],
    inWords: (past) => `${count(sum(past.inputTokens))} in, ${count(sum(past.outputTokens))} out`,
  },
  {
    id: 'queue',
    title: 'Queue',
    series: [
      { name: 'waiting', color: '--flow', area: true, values: (past) => past.waiting },
      { name: 'running', color: '--second', values: (past) => past.running },
    ],
    inWords: (past) => `at most ${count(Math.max(0, ...past.waiting))} waiting, ${count(Math.max(0, ...past.running))} running`,
  },
];

/** A mean of the last seconds: single seconds of a slow quota would be a comb. */
function perMinute(counts, past) {
  let inWindow = 0;
  return counts.map((each, index) => {
    inWindow += each - (counts[index - SMOOTHED_SECONDS] ?? 0);
    // Before the first second there was nothing if it is the gateway's first, and else nobody remembers.
    const forgotten = index < SMOOTHED_SECONDS - 1 && counts.length === past.secondsMost;
    return forgotten ? null : (inWindow / SMOOTHED_SECONDS) * SECONDS_A_MINUTE;
  });
}

/** What should not happen is drawn where it does: a line along the bottom would say something where nothing was. */
function withoutFloor(values) {
  return values.map((value, index) => (value > 0 || values[index - 1] > 0 || values[index + 1] > 0 ? value : null));
}

function refusedColumns(past) {
  return Object.entries(past.outcomes).filter(([name]) => name !== 'answered' && name !== 'cancelled-by-client');
}

function unanswered(past) {
  const columns = refusedColumns(past).map(([, column]) => column);
  return past.outcomes.answered.map((_, index) => sum(columns.map((column) => column[index])));
}

function requestsInWords(past) {
  const parts = [`${count(sum(past.outcomes.answered))} answered`];
  const refused = refusedColumns(past)
    .map(([name, column]) => [outcomeName(name), sum(column)])
    .sort((a, b) => b[1] - a[1]);
  if (refused.length > 0) {
    const reasons = refused.map(([name, times]) => `${count(times)} ${name}`).join(', ');
    parts.push(`${count(sum(refused.map(([, times]) => times)))} refused (${reasons})`);
  }
  const hungUp = past.outcomes['cancelled-by-client'];
  if (hungUp !== undefined) {
    parts.push(plural(sum(hungUp), 'client hung up', 'clients hung up'));
  }
  const upstream = sum(past.refusedByUpstream);
  parts.push(upstream === 0 ? 'no 429 from upstream' : `${count(upstream)} × 429 from upstream`);
  return parts.join(', ');
}

/** The figures of the last minute for the header. */
export function lastMinute(past) {
  return {
    answered: sum(past.outcomes.answered.slice(-SECONDS_A_MINUTE)),
    refused: sum(unanswered(past).slice(-SECONDS_A_MINUTE)),
  };
}

function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** The next round number, so that the scale changes seldom. */
function roundedUp(value) {
  if (value <= 4) {
    return 4;
  }
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 1.6, 2, 3, 4, 6, 8, 10].find((step) => step * power >= value) * power;
}

function agoInWords(secondsAgo) {
  return secondsAgo === 0 ? 'now' : `−${secondsAgo / SECONDS_A_MINUTE} min`;
}

function short(value) {
  if (value >= 1e6) {
    return `${value / 1e6} M`;
  }
  return value >= 1e4 ? `${value / 1e3} k` : count(value);
}

class Chart {
  constructor(spec, secondsMost) {
    this.spec = spec;
    this.hovered = null;
    this.data = [[], ...spec.series.map(() => [])];
    this.figure = element('figure', 'chart');
    const caption = element('figcaption');
    this.legend = element('ul', 'legend');
    this.values = spec.series.map((series, index) => {
      const item = element('li');
      item.append(element('span', `swatch s${index} ${spec.id}`), element('span', '', series.name), element('span', 'value', '–'));
      item.children[0].setAttribute('aria-hidden', 'true');
      this.legend.append(item);
      return item.children[2];
    });
    this.when = element('span', 'ago');
    const title = element('h3', '', spec.title);
    title.append(this.when);
    caption.append(title, this.legend);
    this.canvas = element('div', 'plot');
    this.canvas.setAttribute('role', 'img');
    this.words = element('p', 'words');
    this.figure.append(caption, this.canvas, this.words);
    byId('charts').append(this.figure);
    this.plot = new uPlot(this.options(secondsMost), this.data, this.canvas);
    new ResizeObserver(() => this.resize()).observe(this.canvas);
  }

  options(secondsMost) {
    const axis = {
      stroke: () => color('--quiet'),
      font: '11px system-ui, sans-serif',
      ticks: { show: false },
    };
    return {
      width: Math.max(200, this.canvas.clientWidth),
      height: HEIGHT,
      padding: [8, 14, 0, 0],
      legend: { show: false },
      cursor: { sync: { key: HOVERED.key }, drag: { x: false, y: false }, y: false, points: { size: 6 } },
      scales: { x: { time: false, range: [-secondsMost, 0] }, y: { range: (_, low, high) => [0, roundedUp(high ?? 0)] } },
      axes: [
        {
          ...axis,
          size: 26,
          gap: 8,
          grid: { show: false },
          splits: () => [0, 1, 2, 3, 4, 5].map((minutes) => -minutes * SECONDS_A_MINUTE).filter((at) => at >= -secondsMost),
          values: (_, splits) => splits.map((at) => agoInWords(-at)),
        },
        {
          ...axis,
          size: 46,
          gap: 6,
          grid: { stroke: () => color('--line'), width: 1 },
          splits: (_, __, low, high) => [0, high / 2, high],
          values: (_, splits) => splits.map(short),
        },
      ],
      series: [
        {},
        ...this.spec.series.map((series) => ({
          stroke: () => color(series.color),
          fill: series.area ? () => color(`${series.color}-area`) : undefined,
          width: 1.5,
          paths: series.marks ? () => null : undefined,
          points: { show: false },
        })),
      ],
      hooks: {
        draw: [(plot) => this.mark(plot)],
        setCursor: [
          (plot) => {
            this.hovered = plot.cursor.idx ?? null;
            this.tell();
          },
        ],
      },
    };
  }

  /** One refusal among hundreds of answers would be no height at all: it is a line from top to bottom. */
  mark(plot) {
    this.spec.series.forEach((series, index) => {
      if (!series.marks) {
        return;
      }
      const { ctx, bbox } = plot;
      ctx.save();
      ctx.strokeStyle = color(series.color);
      ctx.globalAlpha = 0.75;
      ctx.lineWidth = devicePixelRatio;
      ctx.beginPath();
      this.data[index + 1].forEach((times, at) => {
        if (times > 0) {
          const x = plot.valToPos(this.data[0][at], 'x', true);
          ctx.moveTo(x, bbox.top);
          ctx.lineTo(x, bbox.top + bbox.height);
        }
      });
      ctx.stroke();
      ctx.restore();
    });
  }

  draw(past) {
    const seconds = past.waiting.length;
    const at = Array.from({ length: seconds }, (_, index) => index - seconds + 1);
    this.data = [at, ...this.spec.series.map((series) => series.values(past))];
    this.plot.setData(this.data);
    const words = this.spec.inWords(past);
    say(this.words, words);
    this.canvas.setAttribute('aria-label', `${this.spec.title}, last five minutes: ${words}`);
    this.tell();
  }

  tell() {
    const last = this.data[0].length - 1;
    const index = this.hovered === null || this.hovered > last ? last : this.hovered;
    this.values.forEach((value, at) => {
      const column = this.data[at + 1];
      // Marks are counted over all that is shown, unless one second is pointed at.
      const figure = this.spec.series[at].marks && index === last ? sum(column) : (column[index] ?? 0);
      say(value, index < 0 ? '–' : count(Math.round(figure)));
    });
    say(this.when, index === last || index < 0 ? '' : `${-this.data[0][index]} s ago`);
  }

  resize() {
    const width = this.canvas.clientWidth;
    if (width > 0 && width !== this.plot.width) {
      this.plot.setSize({ width, height: HEIGHT });
    }
  }
}

let charts = [];

export function drawCharts(state) {
  if (charts.length === 0) {
    charts = CHARTS.map((spec) => new Chart(spec, state.past.secondsMost));
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      charts.forEach((chart) => chart.plot.redraw(false, true));
    });
  }
  charts.forEach((chart) => chart.draw(state.past));
}
