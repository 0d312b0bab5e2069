import { count, left, percent, plural } from './figures.js';
import { byId, element, familyName, follow, inPlace, say, show } from './rows.js';

const SOURCES = {
  cap: 'your cap',
  configured: 'configured',
  headers: 'from headers',
  refusal: 'from a refusal',
  inferred: 'inferred',
};
// What a quota begins with where nobody told how many calls may run at a time.
const NOT_A_LIMIT = 4096;
const NOTABLE_SHARE = 0.02;

export function drawQuotas(state) {
  const quotas = inPlace('quotas', state.quotas, keyOf);
  follow(byId('quotas'), quotas, keyOf, makeQuota, updateQuota);
  show(byId('quotas-empty'), quotas.length === 0);
  const more = state.quotasInAll - quotas.length;
  say(byId('quotas-more'), `And ${plural(more, 'quota', 'quotas')} with less work.`);
  show(byId('quotas-more'), more > 0);
}

function keyOf(quota) {
  return JSON.stringify([quota.upstream, quota.family, quota.account]);
}

function makeQuota() {
  const card = element('article', 'quota');
  const head = element('div', 'quota-head');
  head.append(element('h3'), element('p', 'whose'), element('p', 'pace'));
  const levels = element('ul', 'levels');
  // Without markers a list is no list to some screen readers, unless it says so.
  levels.setAttribute('role', 'list');
  card.append(head, element('p', 'trouble'), levels, element('p', 'flow'));
  return card;
}

function updateQuota(card, quota) {
  say(card.querySelector('h3'), familyName(quota.family));
  say(card.querySelector('.whose'), [quota.upstream, quota.account].filter((part) => part !== '').join(' · '));
  say(
    card.querySelector('.pace'),
    `${count(Math.round(quota.requestsPerMinute))} requests, ${count(Math.round(quota.tokensPerMinute))} tokens / min`,
  );
  const trouble = card.querySelector('.trouble');
  say(trouble, quota.trouble ?? '');
  show(trouble, quota.trouble !== null);
  follow(card.querySelector('.levels'), quota.levels, (level) => `${level.label} ${level.source}`, makeLevel, updateLevel);
  say(card.querySelector('.flow'), flowOf(quota));
}

function flowOf(quota) {
  const limit = quota.runningLimit >= NOT_A_LIMIT ? '' : ` of ${count(quota.runningLimit)} at most`;
  const running = `${count(quota.running)} in flight${limit}`;
  if (quota.waiting === 0) {
    return `${running}; nothing waits`;
  }
  const why = quota.blockedBy === null ? '' : ` for ${quota.blockedBy}`;
  return `${running}; ${count(quota.waiting)} ${quota.waiting === 1 ? 'waits' : 'wait'}${why}`;
}

function makeLevel() {
  const line = element('li');
  const name = element('div', 'name');
  const notes = element('span', 'notes');
  notes.append(element('span', 'binding', 'sets the pace'), element('span', 'source'));
  name.append(element('span', 'label'), notes);
  const meter = element('div', 'meter');
  meter.setAttribute('role', 'meter');
  meter.setAttribute('aria-valuemin', '0');
  meter.append(element('div', 'fill'));
  const figure = element('div', 'n');
  figure.append(element('span', 'left'), element('span', 'of'));
  line.append(name, meter, figure);
  return line;
}

function updateLevel(line, level) {
  line.classList.toggle('binds', level.binding);
  say(line.querySelector('.label'), level.label);
  show(line.querySelector('.binding'), level.binding);
  say(line.querySelector('.source'), notesOf(level));
  const full = Math.max(1, level.depth ?? level.limit);
  const share = Math.min(1, Math.max(0, (level.remaining ?? 0) / full));
  const meter = line.querySelector('.meter');
  meter.setAttribute('aria-label', `${level.label}, left`);
  meter.setAttribute('aria-valuemax', String(Math.round(full)));
  meter.setAttribute('aria-valuenow', String(Math.max(0, Math.floor(level.remaining ?? 0))));
  meter.setAttribute('aria-valuetext', `${left(level.remaining)} of ${count(level.limit)}`);
  line.querySelector('.fill').style.transform = `scaleX(${share})`;
  const debt = (level.remaining ?? 0) < 0;
  line.querySelector('.left').classList.toggle('debt', debt);
  say(line.querySelector('.left'), left(level.remaining));
  say(line.querySelector('.of'), ` of ${count(level.limit)}`);
}

function notesOf(level) {
  const notes = [SOURCES[level.source] ?? level.source];
  if (level.windowed) {
    notes.push('in windows');
  } else if (level.depth !== null && level.depth < level.limit * 0.9) {
    notes.push(`${count(Math.floor(level.depth))} at once`);
  }
  if (level.takenByOthers > NOTABLE_SHARE) {
    notes.push(`others take ${percent(level.takenByOthers)}`);
  }
  return notes.join(' · ');
}
