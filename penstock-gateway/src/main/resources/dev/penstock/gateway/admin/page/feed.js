// Asks for the state each second; every wait has a deadline, and it never gives up.

const EVERY_MILLIS = 1000;
const DEADLINE_MILLIS = 2500;
const SHORTEST_PAUSE_MILLIS = 100;

/**
 * Follows the gateway.
 *
 * @param seen called with each state
 * @param gone called whenever no state came, with the milliseconds since the last one, or null if there never was one
 */
export function followGateway(seen, gone) {
  let lastSeen = null;

  async function state() {
    try {
      const answer = await fetch('/api/state', { cache: 'no-store', signal: AbortSignal.timeout(DEADLINE_MILLIS) });
      return answer.ok ? await answer.json() : null;
    } catch {
      return null;
    }
  }

  async function ask() {
    const asked = performance.now();
    const found = await state();
    const now = performance.now();
    // Before anything is drawn: a fault in drawing must not end the following.
    setTimeout(ask, Math.max(SHORTEST_PAUSE_MILLIS, EVERY_MILLIS - (now - asked)));
    if (found === null) {
      gone(lastSeen === null ? null : now - lastSeen);
    } else {
      lastSeen = now;
      seen(found);
    }
  }

  ask();
}
