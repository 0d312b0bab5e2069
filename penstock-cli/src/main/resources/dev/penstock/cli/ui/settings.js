// What can be set, where it is kept (the address of the page), and what it is called in a terminal.

/** A scale on which each step is a round number: 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10 … */
const STEPS = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8];

function rounds(least, most) {
  const values = [];
  for (let power = Math.floor(Math.log10(least)); 10 ** power <= most; power += 1) {
    for (const step of STEPS) {
      const value = Number((step * 10 ** power).toPrecision(2));
      if (value >= least && value <= most) {
        values.push(value);
      }
    }
  }
  return values;
}

function whole(values) {
  return [...new Set(values.map(Math.round))];
}

/** Sliders: `values` are what they stop at; `optional` ones begin with "no limit". */
export const SLIDERS = {
  rate: { label: 'Requests a second', values: rounds(0.1, 1000), start: 12 },
  jitter: { label: 'Jitter', values: Array.from({ length: 21 }, (_, index) => index * 5), start: 20, unit: '%', only: ['steady'] },
  duration: { label: 'For', values: [10, 20, 30, 60, 120, 180, 300, 600, 900, 1800, 3600], start: 180, unit: 'time' },
  tokens: { label: 'Tokens a request', values: whole(rounds(10, 100_000)), start: 300 },
  latency: { label: 'An answer takes', values: rounds(0.1, 60), start: 1, unit: 'time' },
  rpm: { label: 'Requests a minute', values: whole(rounds(1, 30_000)), start: 500, optional: true },
  tpm: { label: 'Tokens a minute', values: whole(rounds(1_000, 150_000_000)), start: 200_000, optional: true },
  rpd: { label: 'Requests a day', values: whole(rounds(100, 10_000_000)), start: 10_000, optional: true },
  concurrency: { label: 'Calls at once', values: whole(rounds(1, 1_000)), start: '', optional: true },
  burst: { label: 'Burst depth', values: [1, 2, 5, 10, 20, 30, 60], start: 60, unit: 'time', only: ['bucket'] },
  workers: { label: 'Workers of a semaphore', values: whole(rounds(1, 500)), start: 10 },
};

const START = {
  traffic: 'steady',
  model: 'gpt-4o-mini',
  tier: '1',
  shape: 'bucket',
  seed: '1',
  strategies: ['none', 'exponential', 'tenacity', 'semaphore-retry', 'penstock'],
};

export function defaults() {
  const settings = { ...START, strategies: [...START.strategies] };
  Object.entries(SLIDERS).forEach(([name, slider]) => {
    settings[name] = slider.start;
  });
  return settings;
}

/** Reads the address; what it does not say, or says wrongly, is as in the beginning. */
export function fromAddress(hash) {
  const settings = defaults();
  const given = new URLSearchParams(hash.replace(/^#?(simulator\?)?/, ''));
  Object.entries(SLIDERS).forEach(([name, slider]) => {
    const text = given.get(name);
    if (text === null) {
      return;
    }
    if (text === '' && slider.optional) {
      settings[name] = '';
      return;
    }
    const value = Number(text);
    if (text !== '' && Number.isFinite(value) && value >= slider.values[0] && value <= slider.values.at(-1)) {
      settings[name] = value;
    }
  });
  ['traffic', 'model', 'tier', 'shape', 'seed', 'selected'].forEach((name) => {
    const text = given.get(name);
    if (text !== null && /^[\w.:-]{1,64}$/.test(text)) {
      settings[name] = text;
    }
  });
  if (given.has('strategies')) {
    settings.strategies = given.get('strategies').split(',').filter((name) => /^[a-z-]{1,32}$/.test(name));
  }
  return settings;
}

/** Only what is not as in the beginning, so that links are short. */
export function toAddress(settings) {
  const start = defaults();
  const changed = new URLSearchParams();
  Object.keys({ ...start, selected: '' }).forEach((name) => {
    const value = settings[name];
    const text = Array.isArray(value) ? value.join(',') : value;
    const before = Array.isArray(start[name]) ? start[name].join(',') : start[name];
    if (text !== undefined && String(text) !== String(before ?? '')) {
      changed.set(name, text);
    }
  });
  const query = changed.toString().replaceAll('%2C', ',');
  return query === '' ? '#simulator' : `#simulator?${query}`;
}

function seconds(value) {
  return value >= 60 && value % 60 === 0 ? `${value / 60}m` : value < 1 ? `${Math.round(value * 1000)}ms` : `${value}s`;
}

/** Traffic as the command line spells it. */
function traffic(settings) {
  const rate = ['--rate', String(settings.rate)];
  const time = seconds(settings.duration);
  switch (settings.traffic) {
    case 'bursts':
      return ['--traffic', `bursts:${Math.max(1, Math.round(settings.rate * 10))}/10s`, '--duration', time];
    case 'ramp':
      return [...rate, '--traffic', `ramp:${time}`, '--duration', time];
    case 'diurnal':
      return [...rate, '--traffic', `diurnal:${time}`, '--duration', time];
    case 'poisson':
      return [...rate, '--traffic', 'poisson', '--duration', time];
    case 'pile':
      return ['--traffic', 'pile', '--requests', String(Math.max(1, Math.round(settings.rate * settings.duration)))];
    default:
      return [...rate, '--jitter', String(settings.jitter / 100), '--duration', time];
  }
}

const OF_TIER = ['rpm', 'tpm', 'rpd'];

/** Takes the limits of the tier that is chosen, from the table; what it does not say is no limit. */
export function takeTier(settings, tiers) {
  const tier = tiers.find((each) => each.model === settings.model && each.tier === settings.tier);
  if (tier) {
    OF_TIER.forEach((name) => {
      settings[name] = tier[name] ?? '';
    });
  }
}

/** Whether a setting belongs to a tier: then another value is no tier any more. */
export function isOfTier(name) {
  return OF_TIER.includes(name);
}

function limits(settings) {
  const made = settings.tier === 'own' ? [] : ['--tier', settings.tier];
  [...(settings.tier === 'own' ? OF_TIER : []), 'concurrency'].forEach((name) => {
    if (settings[name] !== '') {
      made.push(`--${name}`, String(settings[name]));
    }
  });
  return made;
}

/** The arguments of `penstock simulate` that mean the same. */
export function toArguments(settings) {
  const made = [...traffic(settings)];
  made.push('--tokens', String(settings.tokens), '--latency', seconds(settings.latency), '--model', settings.model);
  made.push(...limits(settings));
  const depth = settings.shape === 'bucket' && Number(settings.burst) !== 60 ? `bucket:${seconds(settings.burst)}` : settings.shape;
  const strategies = settings.strategies.map((name) => (name.startsWith('semaphore') ? `${name}:${settings.workers}` : name));
  made.push('--shape', depth, '--strategy', strategies.join(','));
  made.push('--seed', String(settings.seed));
  return made;
}


const TITLES = {
  none: 'No retry',
  'fixed-sleep': 'Fixed sleep',
  exponential: 'Backoff without jitter',
  tenacity: 'tenacity',
  backoff: 'backoff',
  sdk: 'Official clients',
  semaphore: 'Semaphore',
  'semaphore-retry': 'Semaphore and retry',
  'retry-after': 'Retry-After',
  aimd: 'AIMD',
  penstock: 'Penstock',
  batch: 'Batch API',
};

export function titleOf(strategy) {
  return TITLES[strategy] ?? strategy;
}
