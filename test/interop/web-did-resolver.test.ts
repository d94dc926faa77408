import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { gunzipSync, inflateSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createCertificates } from '../../src/demo/certificates.ts';
import { listenHttps } from '../../src/demo/listen-https.ts';
import { type SigningKey, verificationMethodOf } from '../../src/keys/signing-key.ts';
import {
  buildBitstringStatusList,
  encodeBitstring,
  setBit,
} from '../../src/protocol/bitstring-status-list.ts';
import { buildDidDocument } from '../../src/protocol/did-document.ts';
import { type Did, didWebOf } from '../../src/protocol/did-web.ts';
import {
  buildTokenStatusList,
  encodeStatuses,
  packStatus,
} from '../../src/protocol/token-status-list.ts';
import { createVeramoSigner } from '../../src/veramo/veramo-signer.ts';
import { makeKey, newSeal } from '../veramo/made-keys.ts';

const seal = newSeal();
const signer = createVeramoSigner({ seal });
const validFrom = new Date('2026-11-20T12:00:00.250Z');
const validUntil = new Date('2026-11-20T12:15:00.250Z');
const index = 48_211;

let certificates: Awaited<ReturnType<typeof createCertificates>>;
let server: Awaited<ReturnType<typeof listenHttps>>;
let organization: { readonly did: Did; readonly key: SigningKey };
let agent: { readonly did: Did; readonly key: SigningKey };

beforeAll(async () => {
  certificates = await createCertificates();
  server = await listenHttps(certificates);
  organization = await makeIdentity(didWebOf(server.url));
  agent = await makeIdentity(didWebOf(server.url, ['a', 'billing-bot']));
  const documents = new Map([
    ['/.well-known/did.json', didDocumentOf(organization)],
    [
      '/a/billing-bot/did.json',
      didDocumentOf({ ...agent, alsoKnownAs: [`${server.url}/a/billing-bot/client.json`] }),
    ],
  ]);
  server.handle((request, response) => {
    const document = documents.get(request.url ?? '');
    if (document === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': 'application/json' }).end(document);
  });
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await certificates[Symbol.asyncDispose]();
});

async function makeIdentity(did: Did) {
  return { did, key: await makeKey(seal, { alias: did.slice('did:web:'.length) }) };
}

function didDocumentOf(identity: {
  readonly did: Did;
  readonly key: SigningKey;
  readonly alsoKnownAs?: readonly string[];
}): string {
  const { key, ...named } = identity;
  const kid = verificationMethodOf(key);
  const keys = [{ kid, jwk: key.publicJwk, relationships: ['assertionMethod'] as const }];
  return JSON.stringify(buildDidDocument({ ...named, keys }));
}

/** What a process without any code of the project makes of these tokens. */
async function askStranger(tokens: readonly string[]): Promise<unknown> {
  const program = join(import.meta.dirname, 'resolve-and-verify.mjs');
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: certificates.caFile },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify(tokens));
  const [answers, [code]] = await Promise.all([json(child.stdout), once(child, 'exit')]);
  expect(code).toBe(0);
  return answers;
}

async function bitstringList(purpose: 'revocation' | 'suspension', bits: Uint8Array<ArrayBuffer>) {
  return JSON.stringify(
    buildBitstringStatusList({
      url: `${server.url}/status/7${purpose.charAt(0)}`,
      issuer: organization.did,
      origin: server.url,
      purpose,
      encodedList: await encodeBitstring(bits),
      validFrom,
      validUntil,
      ttlMs: 30_000,
    }),
  );
}

async function tokenList(packed: Uint8Array<ArrayBuffer>) {
  return JSON.stringify(
    buildTokenStatusList({
      url: `${server.url}/token-status/7`,
      issuer: organization.did,
      iat: validFrom,
      exp: validUntil,
      ttlS: 30,
      bits: 2,
      lst: await encodeStatuses(packed),
    }),
  );
}

it('lets strangers verify credentials of an organization and of a DID with a path', async () => {
  const [issued, own] = [organization, agent].map(({ did }) =>
    JSON.stringify({ '@context': ['https://www.w3.org/ns/credentials/v2'], issuer: did }),
  ) as [string, string];
  const tokens = [
    await signer.signCredential({ key: organization.key, payload: issued }),
    await signer.signCredential({ key: agent.key, payload: own }),
  ];
  expect(await askStranger(tokens)).toStrictEqual([
    { typ: 'vc+jwt', payload: issued },
    {
      typ: 'vc+jwt',
      payload: own,
      alsoKnownAs: [`${server.url}/a/billing-bot/client.json`],
    },
  ]);
});

it('lets strangers verify and read both kinds of status list', async () => {
  const revoked = new Uint8Array(131_072 / 8);
  setBit(revoked, index);
  const packed = new Uint8Array((131_072 * 2) / 8);
  packStatus({ bytes: packed, bits: 2 }, index, 1);
  const bitstring = await bitstringList('revocation', revoked);
  const token = await tokenList(packed);
  expect(
    await askStranger([
      await signer.signCredential({ key: organization.key, payload: bitstring }),
      await signer.signStatusToken({ key: organization.key, payload: token }),
    ]),
  ).toStrictEqual([
    { typ: 'vc+jwt', payload: bitstring },
    { typ: 'statuslist+jwt', payload: token },
  ]);

  const { encodedList } = JSON.parse(bitstring).credentialSubject;
  expect(encodedList.charAt(0)).toBe('u');
  const bits = gunzipSync(Buffer.from(encodedList.slice(1), 'base64url'));
  // Index 48211 is in octet 6026: the fourth bit from the left, the pair from the right in 12052.
  expect([bits.length, bits.indexOf(0b0001_0000)]).toStrictEqual([16_384, 6026]);
  const statuses = inflateSync(Buffer.from(JSON.parse(token).status_list.lst, 'base64url'));
  expect([statuses.length, statuses.indexOf(0b0100_0000)]).toStrictEqual([32_768, 12_052]);
});

it('gives strangers no key for a token whose issuer does not list it', async () => {
  const payload = JSON.stringify({ issuer: organization.did });
  const stranger = await makeKey(newSeal(), { alias: organization.did.slice('did:web:'.length) });
  const token = await signer.signCredential({ key: organization.key, payload });
  const [, body, signature] = token.split('.');
  const header = { alg: 'ES256', typ: 'vc+jwt', kid: verificationMethodOf(stranger) };
  const renamed = Buffer.from(JSON.stringify(header)).toString('base64url');
  const nowhere = { ...header, kid: `${didWebOf(server.url, ['a', 'nobody'])}#key` };
  const unresolvable = Buffer.from(JSON.stringify(nowhere)).toString('base64url');
  expect(
    await askStranger([
      `${renamed}.${body}.${signature}`,
      `${unresolvable}.${body}.${signature}`,
      `${token.slice(0, -4)}AAAA`,
    ]),
  ).toStrictEqual([
    { error: 'not for assertions' },
    { error: 'notFound' },
    { error: 'JWSSignatureVerificationFailed' },
  ]);
});
