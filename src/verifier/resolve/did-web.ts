import type { DidDocument } from '../../protocol/did-document.ts';
import { findAssertionKey, parseDidDocument } from '../../protocol/did-document.ts';
import type { Did } from '../../protocol/did-web.ts';
import { didWebUrl, parseDidWeb } from '../../protocol/did-web.ts';
import { isLoopbackName } from '../../protocol/host-name.ts';
import type { PublicJwk } from '../../protocol/jwk.ts';
import { maxDidDocumentBytes } from '../../protocol/limits.ts';
import type { Parsed } from '../../protocol/parsed.ts';
import { refused } from '../../protocol/parsed.ts';
import type { FetchedResponse } from '../ports.ts';
import { acceptJson, parseJsonDocument } from './json-document.ts';
import type { Octets } from './octets.ts';
import type { SourceReading } from './source.ts';
import { createSource } from './source.ts';

/** Whose document is wanted, and how far the wanting goes. */
export interface IssuerRequest {
  readonly did: Did;
  /** true reads loopback hosts over plain http; every other host is read over https all the same. */
  readonly plainLoopback: boolean;
  /** Milliseconds since the epoch, real time. */
  readonly deadline: number;
}

/** Which key of the issuer is wanted. */
export interface IssuerKeyRequest extends IssuerRequest {
  readonly kid: string;
  /** The instant at which the key must be in force. */
  readonly at: Date;
}

/** The issuer's DID document, what is wrong with it, or why it could not be had. */
export type IssuerReading = SourceReading<Parsed<DidDocument>>;

/**
 * The key, or why none fits, with the document it was looked for in; otherwise why there is no
 * document.
 */
export type IssuerKeyReading =
  | { readonly ok: true; readonly key: Parsed<PublicJwk>; readonly document: DidDocument }
  | { readonly ok: false; readonly reading: IssuerReading };

/** Resolves the did:web identifiers of issuers through the guarded fetch (did:web §2.5.2). */
export interface Issuers {
  document(request: IssuerRequest): IssuerReading | Promise<IssuerReading>;
  /** The key that may sign assertions under a `kid`, looked for as `newerKey` does if need be. */
  key(request: IssuerKeyRequest): Promise<IssuerKeyReading>;
  /**
   * The key once more, from the origin, when it is not listed in the copy at hand and the copy is
   * older than 30 seconds: the key may be younger. One read serves everybody who asks meanwhile;
   * when it fails, the copy goes on for as long as it was good. undefined when there is no point in
   * asking.
   */
  newerKey(
    request: IssuerKeyRequest,
    key: Parsed<PublicJwk>,
  ): Promise<IssuerKeyReading> | undefined;
}

const refreshPauseMs = 30_000;

/** Issuers over the octets that are held. */
export function createIssuers(octets: Octets): Issuers {
  const source = createSource<Parsed<DidDocument>>(octets, {
    accept: acceptJson,
    maxBytes: maxDidDocumentBytes,
    derive: parseIssuerDocument,
    isKept: (document, url) => document.ok && isPlaceOf(document.value.did, url),
  });

  const refreshes = new Map<string, Promise<IssuerReading>>();

  function document(request: IssuerRequest): IssuerReading | Promise<IssuerReading> {
    const reading = source.read({ url: urlOf(request), deadline: request.deadline });
    return reading instanceof Promise
      ? reading.then((settled) => belonging(request, settled))
      : belonging(request, reading);
  }

  async function reread(request: IssuerRequest): Promise<IssuerReading> {
    const reading = await document(request);
    // A host that is away takes nothing back: its copy stays good for the time it was given.
    if (!reading.ok && !reading.trouble.definite) octets.believe(urlOf(request));
    return reading;
  }

  /** The document from the origin, with all who ask for it meanwhile; undefined when it is too soon. */
  function refresh(request: IssuerRequest): Promise<IssuerReading> | undefined {
    const url = urlOf(request);
    if (!octets.suspect(url, refreshPauseMs)) return refreshes.get(url);
    const reading = reread(request).finally(() => refreshes.delete(url));
    refreshes.set(url, reading);
    return reading;
  }

  const newerKey: Issuers['newerKey'] = (request, key) => {
    const missing = !key.ok && isMissing(key.faults[0]?.rule);
    return missing ? refresh(request)?.then((reading) => keyIn(reading, request)) : undefined;
  };

  async function key(request: IssuerKeyRequest): Promise<IssuerKeyReading> {
    const found = keyIn(await document(request), request);
    return (found.ok ? await newerKey(request, found.key) : undefined) ?? found;
  }

  return { document, key, newerKey };
}

async function parseIssuerDocument(response: FetchedResponse): Promise<Parsed<DidDocument>> {
  const json = parseJsonDocument(response);
  if (!json.ok) {
    return json;
  }
  const did = parseDidWeb(json.value['id']);
  return did.ok ? parseDidDocument(json.value, did.value.did) : did;
}

function belonging(request: IssuerRequest, reading: IssuerReading): IssuerReading {
  return reading.ok && reading.value.ok && reading.value.value.did !== request.did
    ? { ...reading, value: refused('/id', 'did-document-id', 'the document of another DID') }
    : reading;
}

// did:web §2.5.2: the document found at the URL of a DID names that very DID; another is not kept.
function isPlaceOf(did: Did, url: string): boolean {
  const parsed = parseDidWeb(did);
  const schemes = ['https', 'http'] as const;
  return parsed.ok && schemes.some((scheme) => didWebUrl(parsed.value, scheme) === url);
}

function keyIn(reading: IssuerReading, asked: IssuerKeyRequest): IssuerKeyReading {
  if (!reading.ok || !reading.value.ok) {
    return { ok: false, reading };
  }
  const { value } = reading.value;
  return { ok: true, document: value, key: findAssertionKey(value, asked) };
}

function isMissing(rule: string | undefined): boolean {
  return rule === 'key-not-found' || rule === 'key-relationship';
}

function urlOf({ did, plainLoopback }: IssuerRequest): string {
  const parsed = parseDidWeb(did);
  if (!parsed.ok) {
    throw new TypeError('a Did is a parsed did:web identifier');
  }
  const plain = plainLoopback && isLoopbackName(parsed.value.host);
  return didWebUrl(parsed.value, plain ? 'http' : 'https');
}
