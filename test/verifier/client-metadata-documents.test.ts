import { describe, expect, it } from 'vitest';
import { clientMetadataDigest } from '../../src/protocol/client-metadata.ts';
import { createVerifier } from '../../src/verifier/index.ts';
import type { Reason } from '../../src/verifier/verdict.ts';
import {
  documentsAsked,
  judge,
  plus,
  type Refusal,
  serve,
  type Tamper,
  textAt,
} from './support/document-cases.ts';
import { createKey, createPaperWorld, type PaperWorld } from './support/paper-world.ts';

describe('the URL of a client', () => {
  it.each([
    ['oauth:CID-01 another scheme', 'http://id.acme.com/a/billing-bot/client.json'],
    ['oauth:CID-02 no path', 'https://id.acme.com'],
    ['oauth:CID-02 no more path than "/"', 'https://id.acme.com/'],
    ['oauth:CID-03 a dot segment', 'https://id.acme.com/a/./billing-bot/client.json'],
    ['oauth:CID-03 two dots', 'https://id.acme.com/a/x/../billing-bot/client.json'],
    ['oauth:CID-03 dots in disguise', 'https://id.acme.com/a/%2e%2E/a/client.json'],
    ['oauth:CID-04 a fragment', 'https://id.acme.com/a/billing-bot/client.json#x'],
    ['oauth:CID-04 an empty fragment', 'https://id.acme.com/a/billing-bot/client.json#'],
    ['oauth:CID-05 a user', 'https://user@id.acme.com/a/billing-bot/client.json'],
    ['oauth:CID-05 an empty user', 'https://@id.acme.com/a/billing-bot/client.json'],
    ['oauth:CID-06 a query', 'https://id.acme.com/a/billing-bot/client.json?x=1'],
    ['oauth:CID-08 the default port', 'https://id.acme.com:443/a/billing-bot/client.json'],
    [
      'oauth:CID-08, oauth:CID-13: a host in capitals',
      'https://ID.acme.com/a/billing-bot/client.json',
    ],
    ['oauth:CID-13 an address', 'https://93.184.216.34/a/billing-bot/client.json'],
    ['oauth:CID-13 half an escape', 'https://id.acme.com/a/billing-bot/%4/client.json'],
  ])('%s is refused before anything is read', async (_name, clientId) => {
    const { world, verifier } = await judge();
    const before = world.fetch.asked.length;
    expect(await verifier.verifyClient(clientId)).toMatchObject({ reason: 'url-invalid' });
    expect(world.fetch.asked).toHaveLength(before);
  });

  it('oauth:CID-08 is compared as it is written: no repair makes two clients one', async () => {
    const { world, verifier } = await judge();
    for (const clientId of [`${world.clientId}/`, world.clientId.replace('billing', 'Billing')]) {
      expect(await verifier.verifyClient(clientId)).toMatchObject({ reason: 'fetch-failed' });
    }
  });
});

const answers: readonly Refusal[] = [
  ...[201, 203, 204, 206, 304, 400, 404].map(
    (status): Refusal => [
      `oauth:CID-30, oauth:CID-34: status ${status}`,
      'fetch-failed',
      serve({ status }),
    ],
  ),
  ...[301, 302, 303, 307, 308].map(
    (status): Refusal => [
      `oauth:CID-32, oauth:CID-35: a redirect, ${status}`,
      'fetch-failed',
      serve({ status }),
    ],
  ),
  ['oauth:CID-31 a page', 'document-invalid', serve({ type: 'text/html' })],
  ['oauth:CID-31 text that is JSON', 'document-invalid', serve({ type: 'text/json' })],
  ['oauth:CID-40 more than 5 KB', 'document-too-large', plus({ padding: 'x'.repeat(5_120) })],
  [
    'oauth:SWS-07 more than 5 KB of blanks',
    'document-too-large',
    (world) => serve({ body: textAt(world) + ' '.repeat(5_120) })(world),
  ],
  [
    'oauth:CID-20 a list',
    'document-invalid',
    (world) => serve({ body: `[${textAt(world)}]` })(world),
  ],
  ['oauth:CID-20 a text', 'document-invalid', serve({ body: '"client"' })],
  ['oauth:CID-20, oauth:MCP-05: no JSON', 'document-invalid', serve({ body: 'client_id=x' })],
  [
    'oauth:SWS-07 a member named twice',
    'document-invalid',
    (world) => serve({ body: textAt(world).replace('{', '{"jwks_uri":"https://x.com/a",') })(world),
  ],
];

const contents: readonly Refusal[] = [
  ['oauth:CID-21 no client_id', 'client-id-mismatch', plus({ client_id: null })],
  [
    'oauth:CID-21, oauth:CID-22, oauth:MCP-05: another client_id',
    'client-id-mismatch',
    plus({ client_id: 'https://id.acme.com/a/other-bot/client.json' }),
  ],
  [
    'oauth:CID-24 a shared secret to authenticate with',
    'document-invalid',
    plus({ token_endpoint_auth_method: 'client_secret_post' }),
  ],
  ['oauth:CID-25 a secret', 'document-invalid', plus({ client_secret: null })],
  ['oauth:CID-25 the end of a secret', 'document-invalid', plus({ client_secret_expires_at: 0 })],
  [
    'oauth:CID-26 a private key, wherever',
    'document-invalid',
    plus({ extra: [{ keys: [{ kty: 'EC', d: 'AA' }] }] }),
  ],
  [
    'oauth:CID-26 a private key in the key set',
    'document-invalid',
    (world) => world.serveJson(world.jwksUri, { keys: [{ ...world.agentKey.jwk, d: 'AAAA' }] }),
  ],
  ['oauth:CID-54 a logo that runs', 'document-invalid', plus({ logo_uri: 'javascript:alert(1)' })],
  ['oauth:CID-54 a page that runs', 'document-invalid', plus({ client_uri: 'data:text/html,x' })],
  ['oauth:CID-62 keys twice over', 'document-invalid', plus({ jwks: { keys: [] } })],
  [
    'oauth:CID-64 a key set of more than 12 KB',
    'document-too-large',
    (world) => world.serveJson(world.jwksUri, { keys: [], padding: 'x'.repeat(12_288) }),
  ],
  [
    'oauth:CID-57 another key',
    'key-binding-mismatch',
    async (world) => world.publishKeys([await createKey()]),
  ],
  [
    'oauth:CID-50 a redirect URI that was added on the way',
    'document-digest-mismatch',
    (world) => world.publish({ core: { ...world.core, redirect_uris: ['https://evil.com/cb'] } }),
  ],
];

describe('a document is refused for', () => {
  it.each([...answers, ...contents])('%s', async (_name, reason, tamper) => {
    expect(await judge(tamper)).toMatchObject({ outcome: 'rejected', reason });
  });

  it('oauth:CID-37 is not waited for either: out of reach denies, and says so', async () => {
    expect(await judge((world) => world.serve(world.clientId, 'hang-up'))).toMatchObject({
      outcome: 'undetermined',
      reason: 'fetch-failed',
      granted: [],
    });
  });
});

describe('a document may', () => {
  it('oauth:CID-23 have members that nobody knows', async () => {
    expect(await judge(plus({ x_vendor: { deep: [1] }, software_statement: 'x' }))).toMatchObject({
      outcome: 'accepted',
    });
  });

  it.each(['application/json; charset=utf-8', 'application/oauth+json'])(
    'oauth:CID-31 be served as %s',
    async (type) => {
      expect(await judge(serve({ type }))).toMatchObject({ outcome: 'accepted' });
    },
  );

  it('oauth:CID-28 leave out how it authenticates, which never means a secret', async () => {
    const { client } = await judge(async (world) => {
      const { token_endpoint_auth_method: _method, ...core } = world.core;
      const documentDigest = await clientMetadataDigest(core);
      await world.publish({ core, jwt: await world.issue({ documentDigest }) });
    });
    expect(client?.tokenEndpointAuthMethod).toBe('none');
  });

  it('oauth:CID-52 have its host shown: the verdict names it', async () => {
    const { client, report } = await judge();
    expect([client?.host, report.subject.host]).toEqual(['id.acme.com', 'id.acme.com']);
  });
});

describe('the copy of a document', () => {
  it('oauth:CID-36, oauth:CID-38: is used for as long as its headers say', async () => {
    const { world, verifier } = await judge();
    world.advance(224_000);
    await verifier.verifyClient(world.clientId);
    expect(documentsAsked(world)).toBe(1);
    world.advance(77_000);
    await verifier.verifyClient(world.clientId);
    expect(documentsAsked(world)).toBe(2);
  });

  it('oauth:CID-38, oauth:MCP-05: is not used again when its headers say so', async () => {
    const noStore = { 'cache-control': 'no-store' };
    const { world, verifier } = await judge((before) =>
      before.serveJson(before.clientId, JSON.parse(textAt(before)), noStore),
    );
    await verifier.verifyClient(world.clientId);
    expect(documentsAsked(world)).toBe(2);
  });

  it.each<[string, Tamper]>([
    ['oauth:CID-39 an error', serve({ status: 404 })],
    ['oauth:CID-39 a document that is malformed', serve({ body: '{' })],
    ['oauth:CID-39 a document that is invalid', plus({ client_secret: 'hush' })],
    ['oauth:CID-39 a document of another client', plus({ client_id: 'https://x.com/a' })],
  ])('%s is not kept', async (_name, tamper) => {
    const { outcome, world, verifier } = await judge(tamper);
    expect(outcome).toBe('rejected');
    await world.publish();
    expect(await verifier.verifyClient(world.clientId)).toMatchObject({ outcome: 'accepted' });
  });

  it('oauth:SWS-07 is the very octets that the digest is of, and that a host gets', async () => {
    const { world, verifier } = await judge();
    const read = await verifier.read(world.clientId);
    expect(read.ok && new TextDecoder().decode(read.response.body)).toBe(textAt(world));
    expect(documentsAsked(world)).toBe(1);
  });
});

describe('every URL', () => {
  const urls: readonly [name: string, reason: Reason, url: (world: PaperWorld) => string][] = [
    ['oauth:CID-70 of the document', 'fetch-blocked', (world) => world.clientId],
    ['oauth:CID-70 of its keys', 'fetch-blocked', (world) => world.jwksUri],
    ['oauth:CID-70 of the issuer', 'issuer-unresolvable', (world) => world.didUrl],
    ['oauth:CID-70 of a status list', 'status-unavailable', (world) => world.revocationList],
  ];

  it.each(urls)('%s is read through the guard, which may refuse it', async (_name, reason, of) => {
    const world = await createPaperWorld();
    const { fetch: open } = world;
    const guarded = async (url: string, options: Parameters<typeof open>[1]) =>
      url === of(world)
        ? ({ ok: false, failure: 'blocked', detail: 'a private address' } as const)
        : open(url, options);
    const fetch = Object.assign(guarded, { allowLoopback: false });
    const verifier = createVerifier({ ...world.options(), fetch });
    const verdict = await verifier.verifyClient(world.clientId);
    expect(verdict.reason).toBe(reason);
    expect(JSON.stringify(verdict)).not.toContain('private address');
  });

  it('oauth:CID-71 is read in plain from this machine only where that was allowed', async () => {
    const world = await createPaperWorld('http://localhost:8787');
    const verifier = createVerifier(world.options());
    expect((await verifier.verifyClient(world.clientId)).outcome).toBe('accepted');
    const strict = await createPaperWorld();
    const elsewhere = createVerifier(strict.options());
    expect(await elsewhere.verifyClient(world.clientId)).toMatchObject({ reason: 'url-invalid' });
  });
});
