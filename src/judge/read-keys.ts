import { holdsPrivateKey } from '../protocol/jwk.ts';
import { isJsonObject, type JsonObject, parseStrictJsonObject } from '../protocol/strict-json.ts';
import type { Fetch } from '../verifier/ports.ts';
import type { KeySource } from '../workloads/workload-rule.ts';

/** The published keys of a source, or why they could not be had. */
export type ReadKeys =
  | {
      readonly ok: true;
      readonly keys: readonly JsonObject[];
      /** SPIFFE-TRUST-BUNDLE §4.1.1: grows with each version of a bundle. */
      readonly sequence: number | null;
      /** How long the source says that its keys are good for, in seconds. */
      readonly maxAgeS: number | null;
    }
  | { readonly ok: false; readonly why: string };

/** Discovery documents and key sets of the large providers are below 10 kB. */
const maxBytes = 65_536;
const maxKeys = 64;
const accept = 'application/json';

/** Reads the keys of a source; a source without a URL of its own is asked for it by discovery. */
export async function readKeys(
  fetch: Fetch,
  source: KeySource,
  deadline: number,
): Promise<ReadKeys> {
  const found = source.jwksUri ?? (await discover(fetch, source.issuer, deadline));
  if (typeof found !== 'string') return found;
  const set = await readJson(fetch, found, deadline);
  if (!set.ok) return { ok: false, why: `key set: ${set.why}` };
  return keysOf(set.json, source.kind, set.maxAgeS);
}

function keysOf(set: JsonObject, kind: KeySource['kind'], maxAgeS: number | null): ReadKeys {
  const { keys, spiffe_sequence: sequence, spiffe_refresh_hint: hint } = set;
  if (!Array.isArray(keys) || keys.length > maxKeys) {
    return { ok: false, why: 'key set: has no keys' };
  }
  const objects = keys.filter(isJsonObject);
  // What holds a private half is no longer the issuer's alone.
  const usable = objects.filter((key) => !holdsPrivateKey(key));
  return {
    ok: true,
    keys: usable,
    sequence: kind === 'spiffe' && typeof sequence === 'number' ? sequence : null,
    maxAgeS: kind === 'spiffe' && typeof hint === 'number' ? hint : maxAgeS,
  };
}

type Failure = Extract<ReadKeys, { readonly ok: false }>;

async function discover(fetch: Fetch, issuer: string, deadline: number): Promise<string | Failure> {
  // OIDC-DISC §4: a slash at the end of the issuer is left out.
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const read = await readJson(fetch, url, deadline);
  if (!read.ok) return { ok: false, why: `discovery: ${read.why}` };
  const { issuer: named, jwks_uri: jwksUri } = read.json;
  // OIDC-DISC §4.3: the document is the issuer's only when it says exactly so.
  if (named !== issuer) return { ok: false, why: 'discovery: names another issuer' };
  return typeof jwksUri === 'string' ? jwksUri : { ok: false, why: 'discovery: names no key set' };
}

type ReadJson =
  | { readonly ok: true; readonly json: JsonObject; readonly maxAgeS: number | null }
  | Failure;

async function readJson(fetch: Fetch, url: string, deadline: number): Promise<ReadJson> {
  const outcome = await fetch(url, { accept, maxBytes, deadline });
  if (!outcome.ok) return { ok: false, why: outcome.failure };
  const { status, body, headers } = outcome.response;
  if (status !== 200) return { ok: false, why: `status ${status}` };
  const parsed = parseStrictJsonObject(body);
  if (!parsed.ok) return { ok: false, why: 'not strict JSON' };
  const [, seconds] = /(?:^|[\s,])max-age=(\d{1,9})/.exec(headers.get('cache-control') ?? '') ?? [];
  return { ok: true, json: parsed.value, maxAgeS: seconds === undefined ? null : Number(seconds) };
}
