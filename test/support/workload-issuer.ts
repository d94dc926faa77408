import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

/** One key of an issuer, with its public half as the issuer publishes it. */
export interface IssuerKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
}

export async function makeIssuerKey(
  kid: string,
  alg = 'RS256',
  published: JWK = { use: 'sig', alg },
): Promise<IssuerKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return {
    kid,
    alg,
    privateKey,
    publicJwk: { ...(await exportJWK(publicKey)), kid, ...published },
  };
}

/** How a document is answered in the place of the usual answer. */
type Reply = (response: ServerResponse) => void;

/** An issuer of tokens on this machine: its discovery document, its key set, and its signatures. */
export interface WorkloadIssuer extends AsyncDisposable {
  readonly url: string;
  readonly key: IssuerKey;
  /** The paths that were asked for, in order. */
  readonly asked: string[];
  /** Replaces members of the discovery document. */
  discovery: Readonly<Record<string, unknown>>;
  /** What the key set holds. */
  keySet: Readonly<Record<string, unknown>>;
  /** By path: answers in the place of the documents. */
  readonly replies: Map<string, Reply>;
  /** A token with these claims, good for five minutes unless they say otherwise. */
  sign(
    claims: Readonly<Record<string, unknown>>,
    header?: Readonly<Record<string, unknown>>,
  ): Promise<string>;
}

export async function startWorkloadIssuer(alg = 'RS256'): Promise<WorkloadIssuer> {
  const key = await makeIssuerKey('key-1', alg);
  const asked: string[] = [];
  const replies = new Map<string, Reply>();
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    const reply = replies.get(path);
    if (reply !== undefined) return reply(response);
    const json = documentAt(path);
    response.writeHead(json === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(json));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://localhost:${(server.address() as AddressInfo).port}`;
  const issuer: WorkloadIssuer = {
    url,
    key,
    asked,
    replies,
    discovery: { issuer: url, jwks_uri: `${url}/keys` },
    keySet: { keys: [key.publicJwk] },
    sign: (claims, header = {}) => signToken(key, { iss: url, ...claims }, header),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  function documentAt(path: string): object | undefined {
    if (path === '/.well-known/openid-configuration') return issuer.discovery;
    return path === '/keys' ? issuer.keySet : undefined;
  }
  return issuer;
}

/** Signs claims with a key, good for five minutes from now unless they say otherwise. */
export function signToken(
  key: IssuerKey,
  claims: Readonly<Record<string, unknown>>,
  header: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ iat: now, nbf: now, exp: now + 300, ...claims })
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'JWT', ...header })
    .sign(key.privateKey);
}
