import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** Revocations are spread over this part of the run, so that each can be seen to have an effect. */
const revokedFrom = 0.05;
const revokedUntil = 0.45;
/** How long a client whose turn it is stays stopped, and runs, in freshness limits. */
const stoppedLimits = 2.5;
const runningLimits = 2;

/**
 * Stops clients in the course of a run, has some of them running again, and writes down the truth.
 *
 * @param {{ server: object, verifier: object, clients: readonly object[], issuers: readonly object[],
 *   seconds: number, limitMs: number, signal: AbortSignal }} order
 */
export async function stopClients(order) {
  const { clients, seconds, limitMs, signal } = order;
  // As many wait for it as there are clients to stop.
  setMaxListeners(clients.length, signal);
  const ofKind = (kind) => clients.filter((client) => client.kind === kind);
  const alone = [...ofKind('revoked-untold'), ...ofKind('revoked-told')];
  const inTurns = ofKind('suspended-in-turns');
  const span = (revokedUntil - revokedFrom) * seconds * 1_000;
  const work = [
    ...alone.map(async (client, place) => {
      const after = revokedFrom * seconds * 1_000 + (place / alone.length) * span;
      await sleep(after, undefined, { signal });
      await stop(order, client, 'revocation');
    }),
    ...inTurns.map(async (client, place) => {
      await sleep((place / inTurns.length) * limitMs, undefined, { signal });
      await takeTurns(order, client);
    }),
  ];
  const ends = await Promise.allSettled(work);
  const failed = ends.find(({ reason }) => reason !== undefined && reason.name !== 'AbortError');
  if (failed !== undefined) throw failed.reason;
}

async function takeTurns(order, client) {
  const { server, limitMs, signal } = order;
  for (;;) {
    const current = await stop(order, client, 'suspension');
    await sleep(stoppedLimits * limitMs, undefined, { signal });
    // Written down before it is so: from here on a verdict may be either.
    current.until = Date.now();
    await server.ask('mark', { number: client.number, purpose: 'suspension', value: false });
    await sleep(runningLimits * limitMs, undefined, { signal });
    client.stops = [];
  }
}

async function stop({ server, verifier, issuers }, client, purpose) {
  const from = await server.ask('mark', { number: client.number, purpose, value: true });
  const current = { from, until: Number.POSITIVE_INFINITY, toldAt: Number.POSITIVE_INFINITY };
  if (client.kind === 'revoked-told') {
    for (const list of issuers[client.host].lists) verifier.invalidate(list);
    current.toldAt = Date.now();
  }
  client.stops.push(current);
  return current;
}
