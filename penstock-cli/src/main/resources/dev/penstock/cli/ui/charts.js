// Charts over the time of the simulation. All of them share their axes, so that what looks different is different.
import uPlot from './uplot.js';
import { count } from './figures.js';
import { timeText } from './sliders.js';

const FONT = '11px system-ui, sans-serif';

export function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** The next round number, so that the scale changes seldom. */
export function roundedUp(value) {
  if (!(value > 0)) {
    return 1;
  }
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((step) => step * power >= value * 0.999) * power;
}

function short(value) {
  if (value >= 1e6) {
    return `${value / 1e6} M`;
  }
  return value >= 1e4 ? `${value / 1e3} k` : count(value);
}

/** Where the time axis has marks: some of them, at round times. */
function timeMarks(end, most) {
  const steps = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 21600, 43200, 86400];
  const step = steps.find((each) => end / each <= most) ?? steps.at(-1);
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, index) => index * step);
}

/**
 * One chart. `bars` are stacked, the first one at the bottom; `lines` go over them. What lies after `until` is not drawn, so
 * that a simulation can be played.
 */
export class TimeChart {
  constructor(place, { height, small = false, bars = [], lines = [], picked }) {
    this.place = place;
    this.height = height;
    this.small = small;
    this.bars = bars;
    this.lines = lines;
    this.end = 1;
    this.top = 1;
    this.data = [[], ...bars.map(() => []), ...lines.map(() => [])];
    this.visible = this.data;
    this.plot = new uPlot(this.options(), this.data, place);
    new ResizeObserver(() => this.resize()).observe(place);
    if (picked) {
      this.plot.over.addEventListener('click', () => picked(this.plot.cursor.idx));
    }
  }

  options() {
    const axis = { stroke: () => color('--quiet'), font: FONT, ticks: { show: false } };
    const paths = uPlot.paths.bars({ size: [1, 64], align: 1, gap: this.small ? 0 : 1 });
    return {
      width: Math.max(120, this.place.clientWidth),
      height: this.height,
      padding: [8, 18, 0, 0],
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, y: false, x: !this.small, points: { show: false } },
      scales: { x: { time: false, range: () => [0, this.end] }, y: { range: () => [0, this.top] } },
      axes: [
        {
          ...axis,
          size: 24,
          gap: 6,
          grid: { show: false },
          splits: () => timeMarks(this.end, this.small ? 4 : 7),
          values: (_, marks) => marks.map((at) => (at === 0 ? '0' : timeText(at))),
        },
        {
          ...axis,
          size: this.small ? 36 : 46,
          gap: 6,
          grid: { stroke: () => color('--line'), width: 1 },
          splits: () => [0, this.top / 2, this.top],
          values: (_, marks) => marks.map(short),
        },
      ],
      series: [
        {},
        ...this.bars.map((bar) => ({
          stroke: () => color(bar.color),
          fill: () => color(bar.color),
          width: 0,
          paths,
          points: { show: false },
        })),
        ...this.lines.map((line) => ({
          stroke: () => color(line.color),
          fill: line.area ? () => color(`${line.color}-area`) : undefined,
          width: 1.5,
          dash: line.dash ? [5, 4] : undefined,
          paths: line.stepped ? uPlot.paths.stepped({ align: 1 }) : undefined,
          points: { show: false },
        })),
      ],
    };
  }

  /** Takes values by step; bars are drawn from the top of the stack down, so that the lower ones cover. */
  load({ stepSeconds, end, top, bars, lines }) {
    const steps = Math.max(0, ...[...bars, ...lines].map((values) => values.length));
    this.stepSeconds = stepSeconds;
    this.end = end;
    this.top = roundedUp(top);
    const at = Array.from({ length: steps }, (_, index) => index * stepSeconds);
    let under = new Array(steps).fill(0);
    const stacked = bars.map((values) => {
      under = under.map((sum, index) => sum + (values[index] ?? 0));
      return under;
    });
    this.data = [at, ...stacked.reverse(), ...lines];
    this.until(Infinity);
  }

  /** Draws what has happened until this time. */
  until(seconds) {
    const shown = Math.min(this.data[0].length, Math.ceil(seconds / (this.stepSeconds ?? 1)));
    if (shown === this.shown && this.drawn === this.data) {
      return;
    }
    this.shown = shown;
    this.drawn = this.data;
    const constant = this.lines.map((line) => line.dash === true);
    const first = 1 + this.bars.length;
    this.plot.setData(
      this.data.map((values, index) =>
        shown === values.length || (index >= first && constant[index - first]) || index === 0
          ? values
          : [...values.slice(0, shown), ...new Array(Math.max(0, this.data[0].length - shown)).fill(null)],
      ),
    );
  }

  resize() {
    const width = this.place.clientWidth;
    if (width > 0 && width !== this.plot.width) {
      this.plot.setSize({ width, height: this.height });
    }
  }

  recolor() {
    this.plot.redraw(false, true);
  }

  /** What is drawn, on the ground of the page, as a picture file. */
  toBlob() {
    const canvas = this.plot.ctx.canvas;
    const copy = document.createElement('canvas');
    copy.width = canvas.width;
    copy.height = canvas.height;
    const ink = copy.getContext('2d');
    ink.fillStyle = color('--ground');
    ink.fillRect(0, 0, copy.width, copy.height);
    ink.drawImage(canvas, 0, 0);
    return new Promise((done) => copy.toBlob(done, 'image/png'));
  }
}
