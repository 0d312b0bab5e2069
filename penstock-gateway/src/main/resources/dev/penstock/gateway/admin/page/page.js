import { drawCharts, lastMinute } from './charts.js';
import { followGateway } from './feed.js';
import { bytes, count, duration } from './figures.js';
import { drawNext, drawTenants } from './queue.js';
import { drawQuotas } from './quotas.js';
import { drawRefusals } from './refusals.js';
import { byId, say, show } from './rows.js';

const STATES = {
  serving: 'Serving',
  stopping: 'Stopping: running calls finish, nothing new is taken',
  gone: 'The gateway cannot be reached',
};

function enter(name) {
  document.body.dataset.state = name;
  say(byId('state'), STATES[name]);
}

function seen(state) {
  enter(state.stopping ? 'stopping' : 'serving');
  say(byId('last-seen'), '');
  const started = state.endedInAll > 0 || state.running > 0 || state.waiting > 0;
  const minute = lastMinute(state.past);
  say(byId('running'), count(state.running));
  say(byId('waiting'), count(state.waiting));
  say(byId('waiting-of'), `of ${count(state.maxWaiting)}`);
  say(byId('bytes'), bytes(state.waitingBytes));
  say(byId('bytes-of'), `of ${bytes(state.maxWaitingBytes)}`);
  say(byId('answered'), count(minute.answered));
  say(byId('refused'), count(minute.refused));
  document.title = state.waiting > 0 ? `${count(state.waiting)} waiting · Penstock gateway` : 'Penstock gateway';
  say(byId('start-command'), `OPENAI_BASE_URL=${state.clientBaseUrl}`);
  show(byId('start'), !started);
  drawQuotas(state);
  drawCharts(state);
  drawTenants(state);
  drawNext(state);
  drawRefusals(state);
}

function gone(millisSince) {
  enter('gone');
  const seconds = `${Math.round(millisSince / 1000)} s`;
  const ago = millisSince < 60_000 ? seconds : duration(millisSince);
  say(byId('last-seen'), millisSince === null ? 'not seen yet, trying again' : `last seen ${ago} ago, trying again`);
  document.title = 'Not reachable · Penstock gateway';
}

followGateway(seen, gone);
