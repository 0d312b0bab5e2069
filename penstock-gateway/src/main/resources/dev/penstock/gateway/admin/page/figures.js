// Numbers as people read them.

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });
const MINUS = '−';

function minus(text) {
  return text.replace('-', MINUS);
}

/** 43,682; fractions only where they say something. */
export function count(value) {
  if (value === null || value === undefined) {
    return '–';
  }
  return minus(Math.abs(value) < 10 && !Number.isInteger(value) ? tenth.format(value) : whole.format(value));
}

/** A whole number, rounded down: what is left of a quota is not rounded up. */
export function left(value) {
  return value === null ? '–' : minus(whole.format(Math.floor(value)));
}

/** 0.4 s, 12 s, 3 min 20 s, 2 h 5 min. */
export function duration(millis) {
  if (millis === null || millis === undefined) {
    return '–';
  }
  if (millis <= 0) {
    return '0 s';
  }
  if (millis < 9950) {
    return `${(millis / 1000).toFixed(1)} s`;
  }
  const seconds = Math.round(millis / 1000);
  if (seconds < 60) {
    return `${seconds} s`;
  }
  if (seconds < 3600) {
    return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  }
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** 512 B, 1.2 MB: in powers of 1,024, as memory is counted. */
export function bytes(value) {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let unit = 0;
  let amount = value;
  while (amount >= 1000 && unit < units.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  return `${count(amount < 10 ? Math.round(amount * 10) / 10 : Math.round(amount))} ${units[unit]}`;
}

export function percent(share) {
  return `${whole.format(share * 100)} %`;
}

/** One request, two requests. */
export function plural(value, one, several) {
  return `${count(value)} ${value === 1 ? one : several}`;
}

export function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}
