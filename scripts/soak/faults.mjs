import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';

const slowOctetMs = 10;

/** What may go wrong with an answer, each as the peer of a verifier would meet it. */
const faults = {
  /** The request is heard and never answered. */
  silence: () => {},
  /** The connection breaks, before or in the middle of the body. */
  reset: (response, document) => {
    if (Math.random() < 0.5) document.reset();
    else breakOff(response, document);
  },
  'server-error': (response) => response.writeHead(500).end('<h1>Oops</h1>'),
  'slow-body': (response, document) => drip(response, document),
  'bad-json': (response, document) => {
    const body = Buffer.concat([document.body.subarray(0, document.body.length - 40), bracket]);
    send(response, document, body);
  },
  'truncated-gzip': (response, document) => {
    const packed = gzipSync(document.body);
    const headers = { ...headersOf(document), 'content-encoding': 'gzip' };
    response.writeHead(200, headers).end(packed.subarray(0, packed.length >> 1));
  },
  /** What a forger would serve: it says more than the issuer did, and the signature is not the issuer's. */
  forged: (response, document) => send(response, document, document.forged),
};

const bracket = Buffer.from('}');

/** The kinds that hold a reader up. */
export const delayingKinds = ['silence', 'slow-body'];

/** A kind of fault for a document; only what is signed can be forged. */
export function drawFault(document) {
  const kinds = Object.keys(faults).filter(
    (kind) => kind !== 'forged' || document.forged !== undefined,
  );
  return kinds[Math.floor(Math.random() * kinds.length)];
}

/** Answers with a fault instead of the document. */
export function commitFault(kind, response, document) {
  faults[kind](response, document);
}

/** The headers under which the registry serves such a document, with this entity tag. */
export function headersOf({ type, cacheControl, etag }) {
  return { 'content-type': type, 'cache-control': cacheControl, etag };
}

/** A strong entity tag: other octets, another tag (RFC 9110 §8.8.3). */
export function etagOf(body) {
  return `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
}

function send(response, document, body) {
  const headers = headersOf({ ...document, etag: etagOf(body) });
  response.writeHead(200, { ...headers, 'content-length': body.length }).end(body);
}

function breakOff(response, document) {
  const { body } = document;
  response.writeHead(200, { ...headersOf(document), 'content-length': body.length });
  response.write(body.subarray(0, body.length >> 1), document.reset);
}

function drip(response, document) {
  const { body } = document;
  response.writeHead(200, { ...headersOf(document), 'content-length': body.length });
  let sent = 0;
  const timer = setInterval(() => {
    if (sent < body.length) response.write(body.subarray(sent, sent + 1));
    else response.end();
    sent += 1;
    if (sent > body.length) clearInterval(timer);
  }, slowOctetMs);
  response.on('close', () => clearInterval(timer));
}
