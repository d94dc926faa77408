import { delayingKinds } from './faults.mjs';
import { permittedScopes, tamperedKinds } from './population.mjs';

/** What a report says of a read that took too long, or that broke. */
const timeoutRules = ['fetch-timeout', 'issuer-unresolvable'];
const failureRules = ['fetch-failed', 'issuer-unresolvable'];
/** The guard tries an address for a second: after a stall of that length it takes the host to be gone. */
const attemptMs = 800;

/**
 * One call and what became of it. Instants are real milliseconds since the epoch.
 *
 * @typedef {{ startedAt: number, endedAt: number, outcome: string, reason: string | null,
 *   granted: readonly string[], redirectUris: readonly string[] | undefined,
 *   evidence: { url?: string, list?: string, did?: string, cause?: string, rule?: string } }} Call
 *
 * A time in which a client is stopped: from when its issuer says so, until when it may be allowed
 * again, and from when the verifier was told. Absent ends are Infinity.
 *
 * @typedef {{ from: number, until: number, toldAt: number }} Stop
 */

/**
 * Why no call like this one may be accepted; undefined when one may. A stop binds a verifier that
 * was not told once it is older, at the start of the call, than what a verdict may rest on.
 *
 * @param {{ kind: string, stops: readonly Stop[] }} client
 * @param {Pick<Call, 'startedAt' | 'endedAt'>} call
 * @param {number} limitMs the oldest status list that the verifier believes, in real milliseconds
 * @returns {'tampered' | 'stopped' | 'told' | undefined}
 */
export function whyRefused({ kind, stops }, { startedAt, endedAt }, limitMs) {
  if (tamperedKinds.includes(kind)) return 'tampered';
  for (const { from, until, toldAt } of stops) {
    if (endedAt > until) continue;
    if (startedAt >= toldAt) return 'told';
    if (startedAt > from + limitMs) return 'stopped';
  }
  return undefined;
}

/**
 * What is wrong with an acceptance: that there is one at all, or that it says more than the papers.
 *
 * @param {{ kind: string, stops: readonly Stop[], redirectUris: readonly string[] }} client
 * @param {Call} call
 * @param {number} limitMs
 * @returns {string | undefined}
 */
export function faultOfAcceptance(client, call, limitMs) {
  if (call.outcome !== 'accepted') return undefined;
  const why = whyRefused(client, call, limitMs);
  if (why !== undefined) return why;
  if (call.granted.join(' ') !== permittedScopes.join(' ')) return 'scope-widened';
  const same = call.redirectUris?.join(' ') === client.redirectUris.join(' ');
  return same ? undefined : 'redirect-changed';
}

/**
 * The faults of the last while, by URL: what can explain that a good client was not accepted.
 */
export class FaultLedger {
  #byHost = new Map();
  #stalls = [];
  #keptMs;

  /** @param {number} keptMs how long a fault can have an effect, in real milliseconds */
  constructor(keptMs) {
    this.#keptMs = keptMs;
  }

  add({ url, kind, at }) {
    const { origin } = new URL(url);
    const recent = (this.#byHost.get(origin) ?? []).filter((old) => at - old.at < 3 * this.#keptMs);
    recent.push({ url, kind, at });
    this.#byHost.set(origin, recent);
  }

  /** A time, over at `at`, in which one of the two processes did not get to run. */
  addStall({ at, ms }) {
    this.#stalls = this.#stalls.filter((old) => at - old.at < 3 * this.#keptMs);
    this.#stalls.push({ at, ms });
  }

  /**
   * What explains that a good client was not accepted: a fault of the very document that the
   * verdict names, of another one that it rests on, or, because clients of a host wait for the same
   * reads, one that held up some read of that host. Before all of these, where the verdict says that
   * time ran out or a connection did not come about, a machine too busy for both processes.
   *
   * @param {{ urls: readonly string[], origin: string, didUrl: string }} client
   * @param {Call} call
   * @returns {'stall' | 'named' | 'own' | 'host' | undefined}
   */
  explain(client, { startedAt, endedAt, evidence }) {
    const inTime = ({ at }) => at >= startedAt - this.#keptMs && at <= endedAt;
    const stalls = this.#stalls.filter(inTime);
    const late = evidence.cause === 'timeout' || timeoutRules.includes(evidence.rule);
    const broke = evidence.cause === 'failed' || failureRules.includes(evidence.rule);
    if (late && stalls.length > 0) return 'stall';
    if (broke && stalls.some(({ ms }) => ms >= attemptMs)) return 'stall';
    const faults = (this.#byHost.get(client.origin) ?? []).filter(inTime);
    const named = evidence.url ?? evidence.list ?? (evidence.did && client.didUrl);
    if (faults.some(({ url }) => url === named)) return 'named';
    if (faults.some(({ url }) => client.urls.includes(url))) return 'own';
    return faults.some(({ kind }) => delayingKinds.includes(kind)) ? 'host' : undefined;
  }
}
