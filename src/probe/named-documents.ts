import { parseCompactJws } from '../protocol/compact-jws.ts';
import { parseStatusEntries } from '../protocol/credential-status.ts';
import { didWebUrl, parseDidWeb } from '../protocol/did-web.ts';
import { isLoopbackName } from '../protocol/host-name.ts';
import { maxJwtBytes } from '../protocol/limits.ts';
import { isJsonObject, type JsonObject, parseStrictJsonObject } from '../protocol/strict-json.ts';

/** What a document is for. */
export type Purpose = 'client' | 'jwks' | 'did' | 'bitstring-list' | 'token-list';

/** A document that papers name, and where. */
export interface NamedDocument {
  readonly purpose: Purpose;
  readonly url: string;
}

/** A host can name as many as it likes; this many are looked at. */
const maxNamed = 8;

/**
 * The documents that a client metadata document names, and its credential if it has one: the key
 * set, the DID documents of agent and issuer, the status lists. Nothing is verified, so the URLs
 * are whatever the author of the document wrote. Each URL once.
 */
export function findNamedDocuments(
  body: Uint8Array,
  plainLoopback: boolean,
): readonly NamedDocument[] {
  const json = parseStrictJsonObject(body);
  if (!json.ok) return [];
  const jwksUri = json.value['jwks_uri'];
  const jws = parseCompactJws(json.value['vc+jwt'], { maxBytes: maxJwtBytes, typ: ['vc+jwt'] });
  const named = [
    ...(typeof jwksUri === 'string' ? [{ purpose: 'jwks', url: jwksUri } as const] : []),
    ...(jws.ok ? namedInCredential(jws.value.payload, plainLoopback) : []),
  ];
  const distinct = named.filter(({ url }, at) => named.findIndex((one) => one.url === url) === at);
  return distinct.slice(0, maxNamed);
}

function namedInCredential(payload: JsonObject, plainLoopback: boolean): readonly NamedDocument[] {
  const { issuer, credentialSubject } = payload;
  const subject = isJsonObject(credentialSubject) ? credentialSubject['did'] : undefined;
  const issuerDid = isJsonObject(issuer) ? issuer['id'] : issuer;
  const dids = [issuerDid, subject].flatMap((did) => documentOfDid(did, plainLoopback));
  const entries = parseStatusEntries(payload);
  if (!entries.ok) return dids;
  const { bitstringEntries, tokenStatus } = entries.value;
  return [
    ...dids,
    ...bitstringEntries.map(({ list }) => ({ purpose: 'bitstring-list', url: list }) as const),
    ...(tokenStatus === undefined
      ? []
      : [{ purpose: 'token-list', url: tokenStatus.uri } as const]),
  ];
}

function documentOfDid(did: unknown, plainLoopback: boolean): readonly NamedDocument[] {
  const parsed = parseDidWeb(did);
  if (!parsed.ok) return [];
  const plain = plainLoopback && isLoopbackName(parsed.value.host);
  return [{ purpose: 'did', url: didWebUrl(parsed.value, plain ? 'http' : 'https') }];
}
