import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerOptions } from 'node:https';
import { foreignMetadata } from '../lint/broken-documents.ts';
import { createCertificate, startLoopbackSite } from '../verifier/support/loopback-site.ts';

/** A document of the site. */
export interface SiteDocument {
  readonly type: string;
  readonly body: string | Uint8Array;
  readonly cache: string;
}

/** One request, and the ways to answer it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly document: SiteDocument;
  /** How many requests for this path there were, this one included. */
  readonly count: number;
  /** Answers as it should be, but for these headers (undefined leaves one out) and this body. */
  serve(headers?: Readonly<Record<string, string | undefined>>, body?: string | Uint8Array): void;
}

export type Behaviour = (exchange: Exchange) => void;

/** A real https server with a client's papers, each path of which can be made to misbehave. */
export interface ProbedSite extends AsyncDisposable {
  readonly origin: string;
  readonly ca: string;
  readonly clientId: string;
  /** Paths and methods asked for, in order. */
  readonly asked: readonly string[];
  /** Has a path misbehave; all others are as they should be. */
  behave(path: string, behaviour: Behaviour): void;
  /** Puts another document in its place. */
  put(path: string, change: (document: SiteDocument) => Partial<SiteDocument>): void;
  reset(): void;
}

const json = { type: 'application/json', cache: 'public, max-age=300' };
const list = { type: 'application/vc+jwt', cache: 'public, max-age=15', body: 'e30.e30.e30' };

export async function startProbedSite(
  certificate = createCertificate('localhost', 60),
  options: ServerOptions = {},
): Promise<ProbedSite> {
  const documents = new Map<string, SiteDocument>();
  const behaviours = new Map<string, Behaviour>();
  const counts = new Map<string, number>();
  const asked: string[] = [];
  const site = await startLoopbackSite(
    (request, response) => {
      const path = request.url ?? '';
      const document = documents.get(path);
      asked.push(`${request.method} ${path}`);
      counts.set(path, (counts.get(path) ?? 0) + 1);
      if (document === undefined) {
        response.writeHead(404).end();
        return;
      }
      const serve: Exchange['serve'] = (headers, body) =>
        answer({ request, response, document }, headers, body);
      const exchange = { request, response, document, count: counts.get(path) ?? 0, serve };
      (behaviours.get(path) ?? (() => serve()))(exchange);
    },
    await certificate,
    options,
  );
  const clientId = `${site.origin}/a/client.json`;
  const reset = () => {
    behaviours.clear();
    counts.clear();
    asked.length = 0;
    for (const [path, document] of papersOf(site.origin, clientId)) documents.set(path, document);
  };
  reset();
  return {
    origin: site.origin,
    ca: site.ca,
    clientId,
    asked,
    behave: (path, behaviour) => void behaviours.set(path, behaviour),
    put: (path, change) => {
      const before = documents.get(path);
      if (before === undefined) throw new Error(`nothing at ${path}`);
      documents.set(path, { ...before, ...change(before) });
    },
    reset,
    [Symbol.asyncDispose]: () => site[Symbol.asyncDispose](),
  };
}

function answer(
  { request, response, document }: Pick<Exchange, 'request' | 'response' | 'document'>,
  headers: Readonly<Record<string, string | undefined>> = {},
  body: string | Uint8Array = document.body,
): void {
  const etag = `"${createHash('sha256').update(body).digest('base64url')}"`;
  const usual = { 'content-type': document.type, 'cache-control': document.cache, etag };
  const sent: Record<string, string> = {};
  for (const [name, value] of Object.entries({ ...usual, ...headers })) {
    if (value !== undefined) sent[name] = value;
  }
  const held = request.headers['if-none-match'];
  if (held !== undefined && held === sent['etag']) response.writeHead(304, sent).end();
  else response.writeHead(200, sent).end(request.method === 'HEAD' ? undefined : body);
}

function papersOf(origin: string, clientId: string): readonly (readonly [string, SiteDocument])[] {
  const metadata = foreignMetadata(clientId);
  const document = { ...metadata, 'vc+jwt': credentialOf(origin, clientId) };
  return [
    ['/a/client.json', { ...json, body: JSON.stringify(document) }],
    [new URL(String(metadata['jwks_uri'])).pathname, { ...json, body: '{"keys":[]}' }],
    ['/.well-known/did.json', { ...json, body: '{"id":"issuer"}' }],
    ['/a/did.json', { ...json, type: 'application/did+json', body: '{"id":"agent"}' }],
    ['/status/1r', list],
    ['/status/1s', list],
    ['/token-status/1', { ...list, type: 'application/statuslist+jwt' }],
  ];
}

/** A credential as it reads: nobody verifies it here, so nobody has signed it. */
export function credentialOf(
  origin: string,
  clientId: string,
  lists: readonly string[] = [`${origin}/status/1r`, `${origin}/status/1s`],
): string {
  const issuer = `did:web:${new URL(origin).host.replace(':', '%3A')}`;
  const header = { alg: 'ES256', kid: `${issuer}#1`, typ: 'vc+jwt', cty: 'vc' };
  const payload = {
    issuer,
    credentialSubject: { id: clientId, did: `${issuer}:a` },
    credentialStatus: lists.map((url, at) => ({
      type: 'BitstringStatusListEntry',
      statusPurpose: at === 0 ? 'revocation' : 'suspension',
      statusListIndex: '7',
      statusListCredential: url,
    })),
    status: { status_list: { idx: 7, uri: `${origin}/token-status/1` } },
  };
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  return `${encode(header)}.${encode(payload)}.${Buffer.alloc(64, 1).toString('base64url')}`;
}
