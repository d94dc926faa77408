import { encodeBase64url } from '../protocol/base64url.ts';
import { encodeUtf8 } from '../protocol/utf8.ts';
import type { Answer } from '../verifier/approvals.ts';
import type { Verifier } from '../verifier/ports.ts';
import type { AllowListKey } from './allow-list-key.ts';

/** How an allow-list is kept. Times in milliseconds. */
export interface AllowListOptions {
  readonly verifier: Pick<Verifier, 'verifyClient'>;
  readonly key: AllowListKey;
  /** The client_ids that are watched, as they are now. */
  readonly watched: () => Answer<readonly string[]>;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly everyMs?: number;
}

/** One client of a list. */
export interface ListedClient {
  readonly client_id: string;
  /** Base64url SHA-256 of the canonical form of its document without `vc+jwt`. */
  readonly digest: string;
}

/** `typ` of a list: nothing else that is signed can be taken for one (RFC 8725 §3.11). */
export const allowListType = 'sealwright-allow-list+jwt';
/** From `iat` to `exp`. */
export const allowListLifeMs = 60_000;
/** Clients that are watched; more are left out. */
export const maxWatched = 1_000;

const usualPauseMs = 5_000;
// Older than this, a verdict counts no more: a round that takes long takes nobody along.
const verdictLifeMs = 30_000;
const atOnce = 8;

interface Acceptance {
  readonly digest: string;
  readonly at: number;
}

interface Issue {
  readonly text: string;
  readonly clients: string;
  readonly issuedAt: number;
}

/**
 * A signed list of the watched clients whose papers are in order at this moment, for servers that can
 * look up a list and cannot ask. Judges all of them every five seconds; whoever is not accepted is
 * off the list with that verdict, an undetermined one included: the grace that the policy gives to
 * status lists is spent by then. Signed anew when it changes, and at half its life.
 */
export class AllowList {
  readonly #options: AllowListOptions;
  readonly #accepted = new Map<string, Acceptance>();
  readonly #timer: NodeJS.Timeout;
  #watched = 0;
  #signatures = 0;
  #isReady = false;
  #round: Promise<void> | undefined;
  #issue: Issue | undefined;

  constructor(options: AllowListOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.round(), options.everyMs ?? usualPauseMs);
    this.#timer.unref();
    void this.round();
  }

  get key(): AllowListKey {
    return this.#options.key;
  }

  get counts(): { readonly watched: number; readonly listed: number; readonly signatures: number } {
    const listed = this.#listed().length;
    return { watched: this.#watched, listed, signatures: this.#signatures };
  }

  /** The list as a compact JWS; undefined until everybody was judged once. */
  current(): string | undefined {
    if (!this.#isReady) return undefined;
    const clients = JSON.stringify(this.#listed());
    const now = this.#options.clock();
    const age = now - (this.#issue?.issuedAt ?? 0);
    const fits = age >= 0 && age < allowListLifeMs / 2 && this.#issue?.clients === clients;
    if (!fits || this.#issue === undefined) this.#issue = this.#sign(clients, now);
    return this.#issue.text;
  }

  /** Judges everybody now; joins the round that is under way. Never rejects. */
  round(): Promise<void> {
    this.#round ??= this.#judgeAll()
      .catch(() => this.#accepted.clear())
      .finally(() => {
        this.#round = undefined;
      });
    return this.#round;
  }

  /** Judges everybody once more after what changed just now: a round under way may be past it. */
  async renew(): Promise<void> {
    await this.#round;
    await this.round();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #judgeAll(): Promise<void> {
    const watched = new Set((await this.#options.watched()).slice(0, maxWatched));
    this.#watched = watched.size;
    for (const clientId of this.#accepted.keys()) {
      if (!watched.has(clientId)) this.#accepted.delete(clientId);
    }
    const rest = watched.values();
    const work = async (): Promise<void> => {
      for (const clientId of rest) await this.#judge(clientId);
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    this.#isReady = true;
  }

  async #judge(clientId: string): Promise<void> {
    const at = this.#options.clock();
    const verdict = await this.#options.verifier.verifyClient(clientId).catch(() => undefined);
    const digest = verdict?.outcome === 'accepted' ? verdict.claims?.['documentDigest'] : undefined;
    if (typeof digest === 'string') this.#accepted.set(clientId, { digest, at });
    else this.#accepted.delete(clientId);
  }

  #listed(): readonly ListedClient[] {
    const since = this.#options.clock() - verdictLifeMs;
    return [...this.#accepted]
      .filter(([, { at }]) => at >= since)
      .map(([clientId, { digest }]) => ({ client_id: clientId, digest }))
      .sort((one, other) => (one.client_id < other.client_id ? -1 : 1));
  }

  #sign(clients: string, now: number): Issue {
    const { key } = this.#options;
    const iat = Math.floor(now / 1_000);
    const header = JSON.stringify({ alg: 'ES256', typ: allowListType, kid: key.kid });
    const payload = `{"iat":${iat},"exp":${iat + allowListLifeMs / 1_000},"clients":${clients}}`;
    const input = [header, payload].map((part) => encodeBase64url(encodeUtf8(part))).join('.');
    this.#signatures += 1;
    return { text: `${input}.${encodeBase64url(key.sign(input))}`, clients, issuedAt: now };
  }
}
