import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose';

type Json = { readonly [member: string]: unknown };

/** What a test says about an outside credential; the rest is in order. */
export interface Assessment {
  readonly clientId: string;
  readonly did: string;
  /** Position in the issuer's status list. */
  readonly index?: number;
  readonly type?: string;
  readonly claims?: Json;
  readonly validForS?: number;
  /** Members of the payload that take the place of those that are in order. */
  readonly changes?: Json;
}

/**
 * An assessor of its own on loopback: did:web, key and one status list, made by hand and signed with
 * jose, so that none of the project's building code is in what it says.
 */
export interface OutsideIssuer extends AsyncDisposable {
  readonly did: string;
  readonly origin: string;
  /** Paths asked for since the start, in order. */
  readonly requests: readonly string[];
  issue(assessment: Assessment): Promise<string>;
  /** Sets the revocation bit and publishes the list. */
  revoke(index: number): void;
  /** Answers 503 to everything from now on, or no longer. */
  breakDown(broken: boolean): void;
}

const iso27001 = {
  attestations: [
    {
      framework: 'https://www.iso.org/standard/27001',
      edition: 'ISO/IEC 27001:2022',
      outcome: 'conformant',
      assessor: 'Assessors Ltd',
    },
  ],
};

export async function startOutsideIssuer(): Promise<OutsideIssuer> {
  const requests: string[] = [];
  const bits = new Uint8Array(16_384);
  let isBroken = false;
  const server = createServer(async (request, response) => {
    const path = request.url ?? '';
    requests.push(path);
    const body = isBroken ? undefined : await documents.get(path)?.();
    if (body === undefined) return void response.writeHead(isBroken ? 503 : 404).end();
    const type = path.endsWith('.json') ? 'application/json' : 'application/vc+jwt';
    response.writeHead(200, { 'content-type': type, 'cache-control': 'public, max-age=0' });
    response.end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const origin = `http://localhost:${port}`;
  const did = `did:web:localhost%3A${port}`;
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const jwk = await exportJWK(publicKey);
  const thumbprint = await calculateJwkThumbprint(jwk);
  const kid = `${did}#${thumbprint}`;
  const sign = (payload: Json) =>
    new SignJWT(payload)
      .setProtectedHeader({ alg: 'ES256', typ: 'vc+jwt', cty: 'vc', kid })
      .sign(privateKey);
  const listUrl = `${origin}/status/1r`;
  const documents = new Map<string, () => Promise<string>>([
    [
      '/.well-known/did.json',
      async () =>
        JSON.stringify({
          '@context': ['https://www.w3.org/ns/did/v1', 'https://www.w3.org/ns/cid/v1'],
          id: did,
          verificationMethod: [
            {
              ...{ id: kid, type: 'JsonWebKey', controller: did },
              publicKeyJwk: { ...jwk, kid: thumbprint, alg: 'ES256' },
            },
          ],
          assertionMethod: [kid],
        }),
    ],
    ['/status/1r', () => sign({ ...listPayload(origin, listUrl, bits), issuer: did, iss: did })],
  ]);
  return {
    did,
    origin,
    requests,
    issue: (assessment) => sign(payloadOf(assessment, { did, origin, listUrl })),
    revoke: (index) => {
      bits[index >> 3] = (bits[index >> 3] ?? 0) | (0x80 >> (index & 7));
    },
    breakDown: (broken) => {
      isBroken = broken;
    },
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function payloadOf(
  assessment: Assessment,
  issuer: { readonly did: string; readonly origin: string; readonly listUrl: string },
): Json {
  const { clientId, did, index = 7, validForS = 86_400 } = assessment;
  const { type = 'AgentComplianceCredential', claims = iso27001, changes = {} } = assessment;
  const iat = Math.floor(Date.now() / 1_000) - 1;
  return {
    ...contexts(issuer.origin),
    id: `urn:uuid:${crypto.randomUUID()}`,
    type: ['VerifiableCredential', type],
    issuer: issuer.did,
    validFrom: textOf(iat),
    validUntil: textOf(iat + validForS),
    credentialSubject: { id: clientId, did, name: 'An agent', ...claims },
    credentialStatus: [
      {
        type: 'BitstringStatusListEntry',
        statusPurpose: 'revocation',
        statusListIndex: String(index),
        statusListCredential: issuer.listUrl,
      },
    ],
    ...{ iss: issuer.did, sub: clientId, iat, exp: iat + validForS },
    ...changes,
  };
}

function listPayload(origin: string, url: string, bits: Uint8Array): Json {
  const iat = Math.floor(Date.now() / 1_000);
  return {
    ...contexts(origin),
    id: url,
    type: ['VerifiableCredential', 'BitstringStatusListCredential'],
    validFrom: new Date().toISOString(),
    validUntil: textOf(iat + 900),
    credentialSubject: {
      id: `${url}#list`,
      type: 'BitstringStatusList',
      statusPurpose: 'revocation',
      encodedList: `u${gzipSync(bits).toString('base64url')}`,
      ttl: 30_000,
    },
    ...{ sub: url, iat, exp: iat + 900 },
  };
}

function contexts(origin: string): Json {
  const terms = `${origin}/contexts/agent-v1.jsonld`;
  return { '@context': ['https://www.w3.org/ns/credentials/v2', terms] };
}

function textOf(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().replace('.000Z', 'Z');
}
