import { parseClientId } from '../protocol/client-id.ts';
import { parseDidWeb } from '../protocol/did-web.ts';
import { isHostName } from '../protocol/host-name.ts';

/** A document as it was when a client with papers in order presented it. */
export interface SeenDocument {
  /** Base64url SHA-256 of its canonical form without `vc+jwt`; the one its passport names. */
  readonly digest: string;
  /** ISO 8601. */
  readonly seenAt: string;
  /** The DID that vouched for it. */
  readonly issuer: string;
  /**
   * The document as canonical JSON (RFC 8785), without `vc+jwt`, which is renewed every week; inline
   * keys stand there as their thumbprints. A text, so that nothing in it can spoil what keeps it.
   */
  readonly document: string;
  /** RFC 7638 thumbprints of the keys that its passport names. */
  readonly keys: readonly string[];
}

/** What an operator said, and when. */
export interface ApprovalDecision {
  readonly state: 'allowed' | 'blocked' | 'forgotten';
  /** Who decided, in the operator's own words. */
  readonly by: string;
  readonly reason: string;
  /** ISO 8601. */
  readonly at: string;
  /** Of the document that was allowed; null for everything else. */
  readonly digest: string | null;
}

/** What is decided, and known, about one client, or about every client of a host or an issuer. */
export interface Approval {
  /** A client_id, a host with its port if it has one, or the DID of an issuer. */
  readonly name: string;
  /** The last decision; null when there is none. */
  readonly decision: ApprovalDecision | null;
  /** The document that was allowed; null for hosts and issuers, and without such a decision. */
  readonly approved: SeenDocument | null;
  /** The last document that was not the one allowed, or the first; null for hosts and issuers. */
  readonly seen: SeenDocument | null;
  /** Earlier decisions, the latest first. */
  readonly history: readonly ApprovalDecision[];
}

/** How an entry stands; `pending` waits for a decision, also because the document changed since. */
export type ApprovalState = 'pending' | 'allowed' | 'blocked' | 'forgotten';

/** At once, or by a promise. */
export type Answer<Value> = Value | Promise<Value>;

/** What a store holds, as far as it matters to a change. */
export interface HeldApprovals {
  /** Entries in the state `pending`, but for clients whose host or issuer is allowed or blocked. */
  readonly pending: number;
}

/**
 * Where decisions about clients are kept. It is asked in every verdict: what it answers from should
 * be in memory. A store that cannot answer throws or rejects, and the verdict is `undetermined`.
 */
export interface ApprovalStore {
  /** The entries by these names, where there are any, in any order. */
  find(names: readonly string[]): Answer<readonly Approval[]>;
  all(): Answer<readonly Approval[]>;
  /**
   * Puts what `change` makes of the present entry in its place, durably, before it answers;
   * undefined changes nothing. Changes take effect one after the other. Gives the entry as it then is.
   */
  update(
    name: string,
    change: (present: Approval | undefined, held: HeldApprovals) => Approval | undefined,
  ): Answer<Approval | undefined>;
}

/** What a name names; undefined when it is none. */
export function kindOfName(name: string): 'client' | 'host' | 'issuer' | undefined {
  if (name.startsWith('did:')) return parseDidWeb(name).ok ? 'issuer' : undefined;
  if (name.includes('/'))
    return parseClientId(name, { allowLoopback: true }).ok ? 'client' : undefined;
  const [host = '', port] = name.split(':');
  const plain = port === undefined || /^[1-9]\d{0,4}$/.test(port);
  return plain && isHostName(host) && hostOf(`https://${name}/`) === name ? 'host' : undefined;
}

/** The host of a URL, with its port if it is spelled out; empty when it is no URL. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : '';
}

/** How an entry stands. */
export function stateOf({ decision, approved, seen }: Approval): ApprovalState {
  if (decision?.state === 'blocked') return 'blocked';
  if (decision?.state !== 'allowed') return seen === null ? 'forgotten' : 'pending';
  return isChanged(approved, seen) ? 'pending' : 'allowed';
}

/**
 * How many entries wait for a decision that is not taken yet: a client whose host or issuer is
 * allowed or blocked waits no more, and would keep a place from others for ever.
 */
export function countPending(entries: Iterable<Approval>): number {
  const all = [...entries];
  const settled = new Set(all.filter(isSettled).map(({ name }) => name));
  const waiting = all.filter((entry) => stateOf(entry) === 'pending');
  return waiting.filter(
    ({ name, seen }) => !(settled.has(hostOf(name)) || settled.has(seen?.issuer ?? '')),
  ).length;
}

function isSettled({ decision }: Approval): boolean {
  return decision !== null && decision.state !== 'forgotten';
}

function isChanged(approved: SeenDocument | null, seen: SeenDocument | null): boolean {
  return approved !== null && seen !== null && seen.digest !== approved.digest;
}
