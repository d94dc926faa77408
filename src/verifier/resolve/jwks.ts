import type { Sha256 } from '../../protocol/digest.ts';
import { jwkThumbprint } from '../../protocol/jwk.ts';
import { parseJwks } from '../../protocol/jwks.ts';
import { maxJwksBytes } from '../../protocol/limits.ts';
import type { Parsed } from '../../protocol/parsed.ts';
import { accepted } from '../../protocol/parsed.ts';
import type { JsonValue } from '../../protocol/strict-json.ts';
import { acceptJson, parseJsonDocument } from './json-document.ts';
import type { Octets } from './octets.ts';
import type { Source } from './source.ts';
import { createSource } from './source.ts';

/** The RFC 7638 thumbprints of the keys of a set, in its order. */
export type Thumbprints = readonly string[];

/** A source of the key sets of agents, reduced to the thumbprints of their keys. */
export function createKeySets(octets: Octets, sha256?: Sha256): Source<Parsed<Thumbprints>> {
  return createSource<Parsed<Thumbprints>>(octets, {
    accept: acceptJson,
    maxBytes: maxJwksBytes,
    async derive(response) {
      const json = parseJsonDocument(response);
      return json.ok ? thumbprintsOf(json.value, sha256) : json;
    },
    isKept: (thumbprints) => thumbprints.ok,
  });
}

/** The thumbprints of a key set, inline or fetched; refused when any key is not a public one. */
export async function thumbprintsOf(
  jwks: JsonValue,
  sha256?: Sha256,
): Promise<Parsed<Thumbprints>> {
  const keys = parseJwks(jwks);
  return keys.ok
    ? accepted(await Promise.all(keys.value.map(({ jwk }) => jwkThumbprint(jwk, sha256))))
    : keys;
}
