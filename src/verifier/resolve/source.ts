import { Derived } from '../cache.ts';
import type { FetchedResponse, FetchFailure } from '../ports.ts';
import type { HeldOctets, Octets, OctetsMiss, OctetsOutcome } from './octets.ts';

/** Why a document could not be had. */
export interface Trouble {
  readonly cause: 'status' | FetchFailure;
  /** The HTTP status, when there was an answer. */
  readonly status: number | null;
  /** true when asking again would give the same: an answer or a refusal of ours, not an outage. */
  readonly definite: boolean;
}

/** What became of a read: what the octets mean, or why there are none. */
export type SourceReading<Value> =
  | { readonly ok: true; readonly value: Value; readonly held: HeldOctets }
  | { readonly ok: false; readonly trouble: Trouble };

/** A kind of document: how it is asked for, and what is made of its octets. */
export interface SourceKind<Value> {
  readonly accept: string;
  readonly maxBytes: number;
  derive(response: FetchedResponse, url: string): Promise<Value>;
  // CIMD-02 §5.2: a document that is invalid is not cached.
  isKept(value: Value, url: string): boolean;
  /**
   * Whether octets that are worth nothing as this kind may be worth something as another, because a
   * stranger chose the URL: then they stay. They do not unless given.
   */
  isForeign?(response: FetchedResponse): boolean;
}

/** Reads one kind of document; what was derived from octets is derived once. */
export interface Source<Value> {
  read(ask: {
    readonly url: string;
    readonly deadline: number;
  }): SourceReading<Value> | Promise<SourceReading<Value>>;
}

/** A source of one kind of document over the octets that are held. */
export function createSource<Value>(octets: Octets, kind: SourceKind<Value>): Source<Value> {
  const derived = new Derived<FetchedResponse, Value>();
  const deriveOnce = (response: FetchedResponse, url: string) =>
    derived.of(response, (source) => kind.derive(source, url));

  async function isKept(response: FetchedResponse, url: string): Promise<boolean> {
    const small = response.body.byteLength <= kind.maxBytes;
    return small && kind.isKept(await deriveOnce(response, url), url);
  }

  function conclude(value: Value, held: HeldOctets, url: string): SourceReading<Value> {
    // Somebody else, who is content with less, may have had it held.
    if (!kind.isKept(value, url) && kind.isForeign?.(held.response) !== true) {
      octets.discard(url, held);
    }
    return { ok: true, value, held };
  }

  function interpret(
    outcome: OctetsOutcome,
    url: string,
  ): SourceReading<Value> | Promise<SourceReading<Value>> {
    if (!outcome.ok) {
      return { ok: false, trouble: troubleOf(outcome) };
    }
    const { held } = outcome;
    // The octets may have been read for somebody with a wider cap.
    if (held.response.body.byteLength > kind.maxBytes) {
      return { ok: false, trouble: { cause: 'too-large', status: null, definite: true } };
    }
    const value = deriveOnce(held.response, url);
    return value instanceof Promise
      ? value.then((settled) => conclude(settled, held, url))
      : conclude(value, held, url);
  }

  return {
    read({ url, deadline }) {
      const { accept, maxBytes } = kind;
      const outcome = octets.read({ url, accept, maxBytes, deadline, isKept });
      return outcome instanceof Promise
        ? outcome.then((settled) => interpret(settled, url))
        : interpret(outcome, url);
    },
  };
}

// RFC 9110 §15.5.9 and §15.6, RFC 8470 §5.2, RFC 6585 §4: the server says "not now", not "no".
function isTransientStatus(status: number): boolean {
  return status >= 500 || status === 408 || status === 425 || status === 429;
}

/** What a miss means for whoever wanted the document. */
function troubleOf(miss: OctetsMiss): Trouble {
  if (miss.cause === 'status') {
    const { status } = miss.response;
    return { cause: 'status', status, definite: !isTransientStatus(status) };
  }
  const definite = miss.cause !== 'timeout' && miss.cause !== 'failed';
  return { cause: miss.cause, status: null, definite };
}
