import { type PublicJwk, parsePublicJwk } from '../../protocol/jwk.ts';
import { maxDidDocumentBytes } from '../../protocol/limits.ts';
import { accepted, type Parsed, refused } from '../../protocol/parsed.ts';
import { isJsonObject, type JsonObject } from '../../protocol/strict-json.ts';
import { LruCache } from '../cache.ts';
import type { Fetch } from '../ports.ts';
import { acceptJson, parseJsonDocument } from '../resolve/json-document.ts';
import { createOctets, type Octets } from '../resolve/octets.ts';
import { RefreshAhead } from '../resolve/refresh-ahead.ts';
import { createSharedCopies } from '../resolve/shared-copies.ts';
import { createSource, type Source } from '../resolve/source.ts';
import {
  configurationUrl,
  maxConfigurationBytes,
  parseTransmitterConfiguration,
} from './transmitter-configuration.ts';

/** Whose key is wanted. */
export interface TransmitterKeyRequest {
  readonly issuer: string;
  /** Where the keys are; undefined has the transmitter's configuration say it. */
  readonly jwksUri: string | undefined;
  readonly kid: string;
}

/**
 * The key; `missing` when the transmitter has none of that name; `unavailable` when it was not heard, or
 * may be about to publish it.
 */
export type TransmitterKey = PublicJwk | 'missing' | 'unavailable';

/** The keys by which transmitters sign, read through the fetch port and held as long as they say. */
export interface TransmitterKeys {
  find(request: TransmitterKeyRequest): Promise<TransmitterKey>;
}

type KeysByName = ReadonlyMap<string, PublicJwk | undefined>;

const deadlineMs = 5_000;
/** A key that is not in the copy at hand has the set read again, but not for every single token. */
const rereadPauseMs = 10_000;
/** A transmitter whose keys could not be had is not asked again at once. */
const silenceMs = 1_000;
/** A transmitter that does not want its keys held has them held for this long all the same. */
const leastHeldMs = 5_000;
/** For so long a name that no key has may still get one: longer than the pause between two readings. */
const patienceMs = 15_000;
const maxMissed = 1_000;

/** Keys over the fetch port, with nothing held yet. */
export function createTransmitterKeys(deps: {
  readonly fetch: Fetch;
  readonly clock: () => number;
}): TransmitterKeys {
  const shared = createSharedCopies({ cache: undefined, clock: deps.clock });
  const octets = createOctets({ ...deps, shared, refreshAhead: new RefreshAhead() });
  const configurations = documentsOf<JsonObject>(octets, maxConfigurationBytes, accepted);
  const sets = documentsOf<KeysByName>(octets, maxDidDocumentBytes, keysIn);

  async function jwksUriOf(issuer: string): Promise<string | undefined> {
    const url = configurationUrl(issuer);
    const reading = await configurations.read({ url, deadline: Date.now() + deadlineMs });
    if (!reading.ok || !reading.value.ok) return undefined;
    const configuration = parseTransmitterConfiguration(reading.value.value, issuer);
    return configuration.ok ? configuration.value.jwksUri : undefined;
  }

  const lately = new Map<string, { readonly keys: KeysByName; readonly until: number }>();

  async function read(url: string): Promise<KeysByName | undefined> {
    const reading = await sets.read({ url, deadline: Date.now() + deadlineMs });
    const keys = reading.ok && reading.value.ok ? reading.value.value : undefined;
    if (keys !== undefined) lately.set(url, { keys, until: performance.now() + leastHeldMs });
    return keys;
  }

  async function readLately(url: string): Promise<KeysByName | undefined> {
    const held = lately.get(url);
    return held !== undefined && performance.now() < held.until ? held.keys : read(url);
  }

  const silentUntil = new Map<string, number>();
  const missedSince = new LruCache<number>({ maxWeight: maxMissed });

  /** The keys at hand, or else those that the transmitter gives. */
  async function keysOf({
    issuer,
    jwksUri,
  }: TransmitterKeyRequest): Promise<
    { readonly url: string; readonly keys: KeysByName } | undefined
  > {
    if (performance.now() < (silentUntil.get(issuer) ?? 0)) return undefined;
    const url = jwksUri ?? (await jwksUriOf(issuer));
    const keys = url === undefined ? undefined : await readLately(url);
    if (url !== undefined && keys !== undefined) return { url, keys };
    silentUntil.set(issuer, performance.now() + silenceMs);
    return undefined;
  }

  /** A key that was made this minute may be on its way: who signs with it is not refused at once. */
  function missed({ issuer, kid }: TransmitterKeyRequest): 'missing' | 'unavailable' {
    const name = JSON.stringify([issuer, kid]);
    const now = deps.clock();
    const since = missedSince.get(name) ?? now;
    missedSince.set(name, since);
    return now - since < patienceMs ? 'unavailable' : 'missing';
  }

  return {
    async find(request) {
      const { kid } = request;
      const found = await keysOf(request);
      if (found === undefined) return 'unavailable';
      const { url, keys } = found;
      const known = keys.get(kid);
      if (known !== undefined) return known;
      if (!octets.suspect(url, rereadPauseMs)) return missed(request);
      const again = await read(url);
      // A host that is away takes nothing back: its copy stays good for the time it was given.
      if (again === undefined) octets.believe(url);
      return again?.get(kid) ?? missed(request);
    },
  };
}

function documentsOf<Value>(
  octets: Octets,
  maxBytes: number,
  parse: (json: JsonObject) => Parsed<Value>,
): Source<Parsed<Value>> {
  return createSource<Parsed<Value>>(octets, {
    accept: acceptJson,
    maxBytes,
    async derive(response) {
      const json = parseJsonDocument(response);
      return json.ok ? parse(json.value) : json;
    },
    isKept: (document) => document.ok,
  });
}

// RFC 7517 §5: a key of another kind is another reader's. A name that two keys have names none.
function keysIn(json: JsonObject): Parsed<KeysByName> {
  const { keys } = json;
  if (!Array.isArray(keys)) return refused('/keys', 'jwks-shape', 'has no array of keys');
  const named = new Map<string, PublicJwk | undefined>();
  for (const key of keys) {
    const kid = isJsonObject(key) ? key['kid'] : undefined;
    const jwk = parsePublicJwk(key);
    if (typeof kid !== 'string' || !jwk.ok) continue;
    named.set(kid, named.has(kid) ? undefined : jwk.value);
  }
  return accepted(named);
}
