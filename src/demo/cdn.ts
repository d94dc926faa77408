import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { request as requestHttps } from 'node:https';
import { json } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { CertificateFiles } from './certificates.ts';
import { listenHttps } from './listen-https.ts';

/** What a lying CDN makes of a JSON document. */
export type Alteration = (document: { readonly [member: string]: unknown }) => object;

/** A CDN in front of a registry: passes everything on, counts it, and can be made to lie. */
export interface Cdn extends AsyncDisposable {
  /** Public https origin, without a trailing slash. */
  readonly url: string;
  /** Requests since the start. */
  requests(): number;
  /** Alters the JSON document at a path until the returned function is called. */
  alter(path: string, alteration: Alteration): () => void;
}

/** Starts a CDN on loopback for the https server that listens on a port of 127.0.0.1. */
export async function startCdn(certificates: CertificateFiles, port: number): Promise<Cdn> {
  const listener = await listenHttps(certificates);
  const alterations = new Map<string, Alteration>();
  let count = 0;
  const passOn = passingOn(port, alterations);
  listener.handle((request, response) => {
    count += 1;
    passOn(request, response);
  });
  return {
    url: listener.url,
    requests: () => count,
    alter: (path, alteration) => {
      alterations.set(path, alteration);
      return () => void alterations.delete(path);
    },
    [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose](),
  };
}

function passingOn(port: number, alterations: ReadonlyMap<string, Alteration>): RequestListener {
  return (request, response) => {
    const { method, url: path = '/', headers } = request;
    const origin = { host: '127.0.0.1', servername: 'localhost', port };
    const outbound = requestHttps({ ...origin, method, path, headers }, (inbound) => {
      const alteration = inbound.statusCode === 200 ? alterations.get(path) : undefined;
      void answer(inbound, response, alteration).catch(() => response.destroy());
    });
    // What breaks on one side is broken off on the other.
    outbound.on('error', () => response.destroy());
    void pipeline(request, outbound).catch(() => response.destroy());
  };
}

async function answer(
  inbound: IncomingMessage,
  response: ServerResponse,
  alteration: Alteration | undefined,
): Promise<void> {
  const { statusCode = 502, headers } = inbound;
  if (alteration === undefined) {
    response.writeHead(statusCode, headers);
    await pipeline(inbound, response);
    return;
  }
  const document = (await json(inbound)) as { readonly [member: string]: unknown };
  const { 'content-length': _length, etag: _etag, ...kept } = headers;
  response.writeHead(statusCode, kept).end(JSON.stringify(alteration(document)));
}
