// The simulator: what is set goes to the engine, what comes back is drawn.
import { count, percent } from './figures.js';
import { byId, element, follow, row, say, show } from './rows.js';
import { defaults, fromAddress, isOfTier, takeTier, titleOf, toAddress, toArguments } from './settings.js';
import { makeSliders, timeText } from './sliders.js';
import { TimeChart } from './charts.js';
import { Player } from './player.js';
import { drawBackoff } from './backoff.js';
import { saveCsv, saveJson, savePng } from './save.js';
import { drawTiers } from './tiers.js';

const DEBOUNCE_MILLIS = 80;
const MAIN_HEIGHT = 260;
const SMALL_HEIGHT = 110;
const KIND_HEIGHT = 130;
const STACK = [{ color: '--good' }, { color: '--bad' }];

let settings = fromAddress(location.hash);
let known = { strategies: [], tiers: [] };
let simulation = null;
let asked = 0;
let running = null;
let timer = null;
const multiples = new Map();

const sliders = makeSliders((name, value) => change(name, value));
const player = new Player((seconds) => draw(seconds));
const mainChart = new TimeChart(byId('main-chart'), {
  height: MAIN_HEIGHT,
  bars: [...STACK].reverse(),
  lines: [{ color: '--ink', dash: true, stepped: true }],
});
const flightChart = new TimeChart(byId('flight-chart'), {
  height: KIND_HEIGHT,
  small: true,
  lines: [{ color: '--flow', area: true, stepped: true }, { color: '--ink', dash: true }],
});
const minuteChart = new TimeChart(byId('minute-chart'), {
  height: KIND_HEIGHT,
  small: true,
  lines: [{ color: '--flow', area: true, stepped: true }, { color: '--ink', dash: true }],
});

function change(name, value) {
  settings[name] = value;
  if (isOfTier(name)) {
    settings.tier = 'own';
  }
  takeTier(settings, known.tiers);
  afterChange();
}

function afterChange() {
  showSettings();
  history.replaceState(null, '', toAddress(settings));
  clearTimeout(timer);
  timer = setTimeout(simulate, DEBOUNCE_MILLIS);
}

function showSettings() {
  sliders.show(settings);
  const form = byId('controls');
  ['traffic', 'shape', 'model', 'tier', 'seed'].forEach((name) => {
    if (form.elements[name].value !== String(settings[name])) {
      form.elements[name].value = settings[name];
    }
  });
  byId('strategies').querySelectorAll('input').forEach((box) => {
    box.checked = settings.strategies.includes(box.value);
    box.disabled = box.checked && settings.strategies.length === 1;
  });
  say(byId('command'), `penstock simulate ${toArguments(settings).join(' ')}`);
}

async function simulate() {
  asked += 1;
  const number = asked;
  running?.abort();
  running = new AbortController();
  document.body.classList.add('busy');
  try {
    const query = new URLSearchParams();
    toArguments(settings).forEach((argument) => query.append('a', argument));
    const reply = await fetch(`/api/simulate?${query}`, { signal: running.signal });
    const answer = await reply.json();
    if (number !== asked) {
      return;
    }
    if (!reply.ok) {
      fail(answer.error);
      return;
    }
    show(byId('trouble'), false);
    load(answer);
  } catch (error) {
    if (error.name !== 'AbortError') {
      fail('The simulator does not answer. Is "penstock ui" still running?');
    }
  } finally {
    if (number === asked) {
      document.body.classList.remove('busy');
    }
  }
}

function fail(words) {
  say(byId('trouble'), words);
  show(byId('trouble'), true);
}

function selected() {
  return simulation.strategies.find((each) => each.strategy === settings.selected)
    ?? simulation.strategies.find((each) => each.strategy === 'tenacity')
    ?? simulation.strategies[0];
}

function most(values) {
  return values.reduce((highest, value) => (value > highest ? value : highest), 0);
}

/** Everything comes in steps of the same length, so that all charts have the same axes. */
function load(answer) {
  simulation = answer;
  const all = answer.strategies;
  all.forEach((each) => {
    each.title = titleOf(each.strategy);
  });
  const step = answer.step_seconds;
  // What batches take would leave no room for all that happens in minutes.
  const timed = all.some((each) => each.strategy !== 'batch') ? all.filter((each) => each.strategy !== 'batch') : all;
  const end = Math.max(step, ...timed.map((each) => each.series.accepted.length * step));
  const limit = answer.limit_per_second === null ? null : answer.limit_per_second * step;
  simulation.end = end;
  simulation.limitStep = limit;
  simulation.top = Math.max(
    limit === null ? 0 : limit * 1.15,
    ...all.map((each) => most(each.series.accepted.map((value, index) => value + each.series.rejected[index]))),
  );
  // One strategy that asks without end must not make the others a flat line.
  if (limit !== null) {
    const calm = Math.max(limit * 3, ...all.map((each) => most(each.series.accepted)), most(answer.offered));
    simulation.top = Math.min(simulation.top, calm * 1.15);
  }
  drawMultiples(all);
  drawTable(all);
  choose();
  show(byId('backoff-section'), drawBackoff(byId('backoff'), all));
  player.load(end, step);
}

/** The engine names a strategy as a terminal does. */
function sentence(each) {
  const [first, ...rest] = each.outcome.split(' ');
  return first.split(':')[0] === each.strategy ? [each.title, ...rest].join(' ') : each.outcome;
}

function chartData(each) {
  const steps = each.series.accepted.length;
  const whole = Math.ceil(simulation.end / simulation.step_seconds) + 1;
  return {
    stepSeconds: simulation.step_seconds,
    end: simulation.end,
    top: simulation.top,
    bars: [each.series.accepted, each.series.rejected].map((values) => pad(values, whole, steps)),
    lines: [new Array(whole).fill(simulation.limitStep)],
  };
}

function pad(values, whole, steps) {
  return steps >= whole ? values : [...values, ...new Array(whole - steps).fill(0)];
}

function choose() {
  const each = selected();
  say(byId('situation'), each.situation);
  say(byId('outcome'), sentence(each));
  say(byId('chosen-name'), each.title);
  say(byId('chosen-words'), each.description);
  const unit = simulation.step_seconds === 1 ? 'second' : timeText(simulation.step_seconds);
  say(byId('limit-name'), simulation.limit_words === '' ? 'no limit' : `API limit: ${simulation.limit_words}`);
  mainChart.load(chartData(each));
  byId('main-chart').setAttribute(
    'aria-label',
    `${each.title}, calls each ${unit}: ${count(each.accepted)} successful, ${count(each.rejected)} blocked by 429`,
  );
  loadKinds(each);
  multiples.forEach((multiple, name) => multiple.button.setAttribute('aria-pressed', String(name === each.strategy)));
}

function loadKinds(each) {
  const step = simulation.step_seconds;
  const minute = Math.max(1, Math.round(60 / step));
  let sum = 0;
  const begun = each.series.accepted.map((value, index) => {
    sum += value - (each.series.accepted[index - minute] ?? 0);
    return sum;
  });
  const steps = begun.length;
  const concurrency = simulation.concurrency;
  const perMinute = simulation.rpm;
  const flight = each.series.in_flight;
  const common = { stepSeconds: step, end: simulation.end, bars: [] };
  flightChart.load({
    ...common,
    top: Math.max(most(flight), concurrency ?? 0) * 1.1,
    lines: [flight, new Array(steps).fill(concurrency)],
  });
  minuteChart.load({ ...common, top: Math.max(most(begun), perMinute ?? 0) * 1.1, lines: [begun, new Array(steps).fill(perMinute)] });
  say(byId('flight-words'), `at most ${count(most(flight))}${concurrency === null ? '' : ` of ${count(concurrency)} allowed`}`);
  say(byId('minute-words'), `at most ${count(most(begun))}${perMinute === null ? '' : ` of ${count(perMinute)} allowed`}`);
  byId('flight-chart').setAttribute('aria-label', `Calls under way: ${byId('flight-words').textContent}`);
  byId('minute-chart').setAttribute('aria-label', `Calls begun in the last minute: ${byId('minute-words').textContent}`);
}

function drawMultiples(all) {
  const place = byId('multiples');
  follow(place, all, (each) => each.strategy, makeMultiple, (figure, each) => {
    const multiple = multiples.get(each.strategy);
    say(multiple.name, each.title);
    say(multiple.words, '');
    multiple.chart.load(chartData(each));
  });
  [...multiples.keys()].filter((name) => !all.some((each) => each.strategy === name)).forEach((name) => multiples.delete(name));
}

function makeMultiple(each) {
  const figure = element('figure', 'multiple');
  const button = element('button', 'plain');
  button.type = 'button';
  const name = element('span', 'first', each.title);
  button.append(name);
  button.addEventListener('click', () => {
    settings.selected = each.strategy;
    history.replaceState(null, '', toAddress(settings));
    choose();
    player.show(player.at);
  });
  const plot = element('div', 'plot small');
  plot.setAttribute('role', 'img');
  const words = element('p', 'words quiet');
  figure.append(button, plot, words);
  byId('multiples').append(figure);
  const chart = new TimeChart(plot, {
    height: SMALL_HEIGHT,
    small: true,
    bars: [...STACK].reverse(),
    lines: [{ color: '--ink', dash: true, stepped: true }],
  });
  multiples.set(each.strategy, { button, name, words, chart, plot });
  return figure;
}

function until(values, steps) {
  let sum = 0;
  for (let index = 0; index < Math.min(steps, values.length); index += 1) {
    sum += values[index];
  }
  return sum;
}

/** The state at a moment. */
function draw(seconds) {
  if (simulation === null) {
    return;
  }
  const step = simulation.step_seconds;
  const steps = Math.ceil(seconds / step - 1e-9);
  const over = seconds >= simulation.end;
  const each = selected();
  const accepted = over ? each.accepted : until(each.series.accepted, steps);
  const rejected = over ? each.rejected : until(each.series.rejected, steps);
  const last = Math.min(steps, each.series.in_flight.length) - 1;
  say(byId('processed'), count(over ? each.processed : until(each.series.offered, steps)));
  say(byId('accepted'), count(accepted));
  say(byId('rejected'), count(rejected));
  say(byId('given-up'), count(over ? each.given_up : until(each.series.given_up, steps)));
  say(byId('waiting'), count(over || last < 0 ? 0 : each.series.queue[last]));
  say(byId('quota-used'), each.quota_used === null ? '–' : percent(each.quota_used));
  [mainChart, flightChart, minuteChart].forEach((chart) => chart.until(seconds));
  multiples.forEach((multiple, name) => {
    const one = simulation.strategies.find((other) => other.strategy === name);
    multiple.chart.until(seconds);
    const good = over ? one.accepted : until(one.series.accepted, steps);
    const bad = over ? one.rejected : until(one.series.rejected, steps);
    const lost = over ? one.given_up : until(one.series.given_up, steps);
    const words = `${count(good)} accepted, ${count(bad)} × 429${lost > 0 ? `, ${count(lost)} given up` : ''}`;
    say(multiple.words, words);
    multiple.plot.setAttribute('aria-label', `${one.title}: ${words}`);
  });
}

const COLUMNS = [
  { head: true, className: 'who' },
  { label: 'Accepted', className: 'n' },
  { label: 'Given up', className: 'n' },
  { label: '429s', className: 'n' },
  { label: 'Wasted per success', className: 'n' },
  { label: 'Done after', className: 'n' },
  { label: 'Of the best possible', className: 'n' },
  { label: 'Quota used', className: 'n' },
  { label: 'Wait p50', className: 'n' },
  { label: 'p95', className: 'n' },
  { label: 'p99', className: 'n' },
  { label: 'Cost', className: 'n' },
];

function secondsText(value) {
  return value === null || value === undefined ? '–' : timeText(value < 10 ? Math.round(value * 10) / 10 : Math.round(value));
}

function drawTable(all) {
  follow(byId('compared').tBodies[0], all, (each) => each.strategy, () => row(COLUMNS), (line, each) => {
    const best = each.best_possible_seconds > 0 && each.given_up === 0 ? each.makespan_seconds / each.best_possible_seconds : null;
    [
      each.title,
      count(each.accepted),
      count(each.given_up),
      count(each.rejected),
      each.wasted_calls_per_success === null ? '–' : each.wasted_calls_per_success.toFixed(2),
      secondsText(each.makespan_seconds),
      best === null ? '–' : `${best.toFixed(2)} ×`,
      each.quota_used === null ? '–' : percent(each.quota_used),
      secondsText(each.wait_p50_seconds),
      secondsText(each.wait_p95_seconds),
      secondsText(each.wait_p99_seconds),
      each.cost_dollars === null || each.cost_dollars === undefined ? '–' : `$${each.cost_dollars.toFixed(2)}`,
    ].forEach((text, index) => say(line.children[index], text));
  });
}

function view() {
  const name = location.hash.startsWith('#tiers') ? 'tiers' : 'simulator';
  document.querySelectorAll('.view').forEach((each) => show(each, each.id === name));
  document.querySelectorAll('nav a').forEach((link) => {
    if (link.dataset.view === name) {
      link.setAttribute('aria-current', 'page');
    } else {
      link.removeAttribute('aria-current');
    }
  });
}

function fillPickers() {
  const form = byId('controls');
  const models = [...new Set(known.tiers.map((each) => each.model))];
  if (!models.includes(settings.model)) {
    settings.model = models[0];
  }
  form.elements.model.replaceChildren(...models.map((name) => new Option(name, name)));
  form.elements.model.value = settings.model;
  const tiers = [...new Set(known.tiers.map((each) => each.tier))].filter((name) => /^(free|\d)$/.test(name));
  form.elements.tier.replaceChildren(
    ...tiers.sort((a, b) => (a === 'free' ? -1 : b === 'free' ? 1 : a - b)).map((name) => new Option(name === 'free' ? 'free' : `Tier ${name}`, name)),
    new Option('own limits', 'own'),
  );
  byId('strategies').replaceChildren(
    ...known.strategies.map((each) => {
      const label = element('label', 'check');
      const box = element('input');
      box.type = 'checkbox';
      box.value = each.strategy;
      box.addEventListener('change', () => {
        settings.strategies = known.strategies
          .map((other) => other.strategy)
          .filter((name) => (name === each.strategy ? box.checked : settings.strategies.includes(name)));
        afterChange();
      });
      label.title = each.description;
      label.append(box, element('span', '', titleOf(each.strategy)));
      return label;
    }),
  );
}

function told(words) {
  say(byId('done'), words);
  setTimeout(() => say(byId('done'), ''), 4_000);
}

function listen() {
  const form = byId('controls');
  form.addEventListener('submit', (event) => event.preventDefault());
  ['traffic', 'shape', 'model', 'tier'].forEach((name) => {
    form.elements[name].addEventListener('change', () => change(name, form.elements[name].value));
  });
  form.elements.seed.addEventListener('input', () => {
    if (/^\d{1,9}$/.test(form.elements.seed.value)) {
      change('seed', form.elements.seed.value);
    }
  });
  byId('reset').addEventListener('click', () => {
    settings = defaults();
    takeTier(settings, known.tiers);
    afterChange();
  });
  byId('save-csv').addEventListener('click', () => simulation && saveCsv(simulation.strategies));
  byId('save-json').addEventListener('click', () => simulation && saveJson(simulation));
  byId('save-png').addEventListener('click', () => simulation && savePng(mainChart));
  byId('copy-link').addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      told('Copied.');
    } catch {
      told('The browser does not let this page copy; the address bar holds the link.');
    }
  });
  addEventListener('hashchange', () => {
    view();
    if (location.hash.startsWith('#simulator?')) {
      settings = fromAddress(location.hash);
      takeTier(settings, known.tiers);
      afterChange();
    }
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    [mainChart, flightChart, minuteChart, ...[...multiples.values()].map((each) => each.chart)].forEach((chart) => chart.recolor());
    if (simulation !== null) {
      drawBackoff(byId('backoff'), simulation.strategies);
    }
  });
}

async function start() {
  // Where settings and chart do not fit beside each other, the chart is what one came for.
  byId('settings').open = matchMedia('(min-width: 60.0625rem)').matches;
  view();
  listen();
  try {
    known = await (await fetch('/api/known')).json();
  } catch {
    fail('The simulator does not answer. Is "penstock ui" still running?');
    return;
  }
  fillPickers();
  takeTier(settings, known.tiers);
  drawTiers(known.tiers);
  showSettings();
  await simulate();
}

start();
