import { describe, expect, it } from 'vitest';
import { clientMetadataDigest } from '../../src/protocol/client-metadata.ts';
import type { JsonObject } from '../../src/protocol/strict-json.ts';
import { createVerifier } from '../../src/verifier/index.ts';
import type { TrustPolicy } from '../../src/verifier/ports.ts';
import type { Reason } from '../../src/verifier/verdict.ts';
import { createKey, createPaperWorld, type PaperWorld } from './support/paper-world.ts';
import { changeSubject, onlyTrust, reissue } from './support/tampering.ts';

type Tamper = (world: PaperWorld) => Promise<void> | void;
type Case = readonly [name: string, reason: Reason, tamper: Tamper];

async function judge(
  tamper: Tamper,
  policy: (policy: TrustPolicy) => TrustPolicy = (unchanged) => unchanged,
) {
  const world = await createPaperWorld();
  await tamper(world);
  const verifier = createVerifier(world.options(policy(world.policy)));
  const verdict = await verifier.verifyClient(world.clientId, { scope: 'write:tickets' });
  return { ...verdict, world };
}

/** Publishes a document that its issuer vouches for as it is, flaw included. */
const vouchedFor =
  (change: (core: JsonObject) => JsonObject): Tamper =>
  async (world) => {
    const core = change(world.core);
    const documentDigest = await clientMetadataDigest(core);
    await world.publish({ core, jwt: await world.issue({ documentDigest }) });
  };

const plus = (members: JsonObject): Tamper => vouchedFor((core) => ({ ...core, ...members }));

describe('an issuer that is not trusted', () => {
  const strangers: readonly [string, string][] = [
    ['F-01 another one', 'did:web:other.example'],
    ['F-02 one whose name begins the same', 'did:web:id.acme.com.evil.example'],
    ['F-02 one on the same host', 'did:web:id.acme.com:u:mallory'],
    ['F-02 the host above', 'did:web:acme.com'],
  ];

  it.each(strangers)('%s is asked for nothing', async (_name, issuer) => {
    const host = issuer.slice('did:web:'.length).replaceAll(':', '/');
    const { outcome, reason, granted, world } = await judge(async (before) => {
      const payload = { ...(await before.passport()), issuer, iss: issuer };
      const header = { kid: `${issuer}#${before.issuerKey.thumbprint}` };
      await before.publish({ jwt: await before.sign(payload, { header }) });
      before.serveJson(`https://${host}/did.json`, { id: issuer });
    });
    expect([outcome, reason, granted]).toEqual(['rejected', 'issuer-not-trusted', []]);
    expect(world.fetch.asked).toEqual([world.clientId]);
  });

  it('F-18 includes one that is distrusted since before the credential was issued', async () => {
    const since = (instant: string) => onlyTrust({ distrustAfter: instant });
    const before = await judge(() => undefined, since('2026-11-19T11:59:59Z'));
    expect(before).toMatchObject({ reason: 'issuer-not-trusted' });
    expect(before.world.fetch.asked).toEqual([before.world.clientId]);
    const after = await judge(() => undefined, since('2026-11-19T12:00:00Z'));
    expect(after).toMatchObject({ outcome: 'accepted' });
  });
});

const other = 'https://id.acme.com/a/other-bot/client.json';
const subjects: readonly Case[] = [
  [
    'F-03 a credential about another client_id',
    'subject-mismatch',
    async (world) => world.publish({ jwt: await world.issue({ clientId: other }) }),
  ],
  [
    'F-03 a client_id that differs in case only',
    'subject-mismatch',
    async (world) => {
      const clientId = world.clientId.replace('billing', 'Billing');
      await world.publish({ jwt: await world.issue({ clientId }) });
    },
  ],
  [
    'F-04 the genuine credential of another agent, copied',
    'subject-mismatch',
    async (world) => {
      const did = 'did:web:id.acme.com:a:other-bot';
      const jwt = await world.issue({ clientId: other, did, name: 'Other Bot' });
      world.serveJson(other, { ...world.core, client_id: other, 'vc+jwt': jwt });
      await world.publish({ jwt });
    },
  ],
  [
    'F-05 a list of one subject',
    'subject-mismatch',
    reissue((payload) => ({ ...payload, credentialSubject: [payload['credentialSubject'] ?? {}] })),
  ],
  [
    'F-05 two subjects, one of them right',
    'subject-mismatch',
    reissue((payload) => ({
      ...payload,
      credentialSubject: [payload['credentialSubject'] ?? {}, { id: other }],
    })),
  ],
  ['F-05 a subject without id', 'subject-mismatch', reissue(withoutSubjectId)],
  ['F-05 an id that is an object', 'subject-mismatch', changeSubject({ id: { url: other } })],
  ['F-05 an id in a list', 'subject-mismatch', changeSubject({ id: [other] })],
  [
    'F-05 a sub that names another subject',
    'subject-mismatch',
    reissue((payload) => ({ ...payload, sub: other })),
  ],
];

function withoutSubjectId(payload: JsonObject): JsonObject {
  const { id: _id, ...subject } = payload['credentialSubject'] as JsonObject;
  return { ...payload, credentialSubject: subject };
}

const documents: readonly Case[] = [
  ['F-06 another client_id', 'client-id-mismatch', plus({ client_id: other })],
  [
    'F-06 a client_id that only a repair makes the same',
    'client-id-mismatch',
    plus({ client_id: 'https://id.acme.com:443/a/billing-bot/client.json' }),
  ],
  ['F-06 no client_id', 'client-id-mismatch', vouchedFor(({ client_id: _id, ...core }) => core)],
  [
    'F-07 keys on another origin',
    'document-invalid',
    plus({ jwks_uri: 'https://keys.acme.com/a/billing-bot/jwks.json' }),
  ],
  [
    'F-07 keys at another port',
    'document-invalid',
    plus({ jwks_uri: 'https://id.acme.com:8443/a/billing-bot/jwks.json' }),
  ],
  [
    'F-07 keys at an address',
    'document-invalid',
    plus({ jwks_uri: 'https://127.0.0.1/jwks.json' }),
  ],
  ['F-08 keys by value and by reference', 'document-invalid', plus({ jwks: { keys: [] } })],
  ['F-08 a private key', 'document-invalid', withKeys((jwk) => [{ ...jwk, d: 'AAAA' }])],
  ['F-08 a shared secret', 'document-invalid', withKeys(() => [{ kty: 'oct', k: 'AAAA' }])],
  [
    'F-08 a name for two keys',
    'document-invalid',
    async (world) => {
      const second = await createKey();
      const keys = [world.agentKey.jwk, second.jwk].map((jwk) => ({ ...jwk, kid: 'a' }));
      world.serveJson(world.jwksUri, { keys });
    },
  ],
  ['F-09 a client secret', 'document-invalid', plus({ client_secret: 'hush' })],
  ['F-09 a client secret that is null', 'document-invalid', plus({ client_secret: null })],
  ['F-09 the end of a secret', 'document-invalid', plus({ client_secret_expires_at: 0 })],
  ...['basic', 'post', 'jwt'].map(
    (way): Case => [
      `F-09 authentication by client_secret_${way}`,
      'document-invalid',
      plus({ token_endpoint_auth_method: `client_secret_${way}` }),
    ],
  ),
  ...[
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    'blob:https://id.acme.com/x',
    'https://*.acme.com/callback',
    'https://id.acme.com/callback#x',
    'https://id.acme.com/callback#',
    '/callback',
  ].map(
    (uri): Case => [
      `F-10 a redirect to ${uri}`,
      'document-invalid',
      plus({ redirect_uris: [uri] }),
    ],
  ),
  [
    'F-10 a redirect that the issuer did not vouch for',
    'document-digest-mismatch',
    (world) =>
      world.publish({ core: { ...world.core, redirect_uris: ['https://evil.example/cb'] } }),
  ],
];

function withKeys(change: (jwk: JsonObject) => readonly JsonObject[]): Tamper {
  return (world) => world.serveJson(world.jwksUri, { keys: change({ ...world.agentKey.jwk }) });
}

describe('what binds a credential to its client', () => {
  it.each([...subjects, ...documents])('%s is refused', async (_name, reason, tamper) => {
    const verdict = await judge(tamper);
    expect(verdict).toMatchObject({ outcome: 'rejected', reason, granted: [] });
    expect(verdict.withheld).toEqual(['write:tickets']);
  });

  it('F-07 has the keys read through the guard, on the same origin too', async () => {
    const { world, outcome } = await judge(() => undefined);
    expect(outcome).toBe('accepted');
    expect(world.fetch.asked).toContain(world.jwksUri);
    const guarded = await judge((before) => {
      const blocked = async () => ({ ok: false, failure: 'blocked', detail: 'x' }) as const;
      const open = before.fetch;
      const tap = (url: string, options: Parameters<typeof open>[1]) =>
        url === before.jwksUri ? blocked() : open(url, options);
      Object.assign(before, { fetch: Object.assign(tap, open) });
    });
    expect(guarded).toMatchObject({ outcome: 'rejected', reason: 'fetch-blocked' });
  });

  it('F-10 lets an issuer vouch for a redirect elsewhere, and hands on those alone', async () => {
    const redirects = ['https://app.example/callback?x=1', 'com.acme.app:/callback'];
    const { outcome, client } = await judge(plus({ redirect_uris: redirects }));
    expect(outcome).toBe('accepted');
    expect(client?.redirectUris).toEqual(redirects);
  });
});

describe('what a credential points to', () => {
  const elsewhere = 'https://elsewhere.acme.com/evidence.json';

  it('F-16 is never fetched: contexts, schemas, and what the document shows people', async () => {
    const { outcome, world } = await judge(
      plus({
        client_uri: 'https://shown.acme.com/',
        logo_uri: 'https://shown.acme.com/logo.png',
        policy_uri: 'https://shown.acme.com/policy',
        tos_uri: 'https://shown.acme.com/tos',
        software_statement: 'e30.e30.e30',
      }),
    );
    expect(outcome).toBe('accepted');
    expect([...world.fetch.asked].sort()).toEqual([
      world.didUrl,
      world.clientId,
      world.jwksUri,
      world.revocationList,
      world.suspensionList,
    ]);
  });

  it.each(['evidence', 'termsOfUse', 'refreshService', 'renderMethod', 'proof'])(
    'F-16 is refused unread as %s',
    async (member) => {
      const payload = { [member]: { id: elsewhere, type: 'Any' } };
      const { reason, world } = await judge(reissue((before) => ({ ...before, ...payload })));
      expect(reason).toBe('credential-malformed');
      expect(world.fetch.asked).toEqual([world.clientId]);
    },
  );

  it('F-16 is not fetched for a facet that pins documents by digest', async () => {
    const world = await createPaperWorld();
    const digest = `sha256:${'ab'.repeat(32)}`;
    const jwt = await world.issueFacet({
      claims: { actions: [{ action: 'write', resource: 'tickets' }] },
      relatedResource: [{ id: elsewhere, digestSRI: digest }],
    });
    const policy = onlyTrust({ credentialTypes: ['AgentAllowedActionsCredential'] })(world.policy);
    const verdict = await createVerifier(world.options(policy)).verifyCredential(jwt);
    expect(verdict.outcome).toBe('accepted');
    expect([...world.fetch.asked].sort()).toEqual([
      world.didUrl,
      world.revocationList,
      world.suspensionList,
    ]);
  });

  it.each([
    ['deeper than three', { permitted: true, maxDepth: 4 }],
    ['without an end', { permitted: true }],
    ['to a negative depth', { permitted: true, maxDepth: -1 }],
    ['that is not permitted, yet has a depth', { permitted: false, maxDepth: 1 }],
  ])('F-16 does not pass on permissions %s', async (_name, delegation) => {
    expect(await judge(changeSubject({ delegation }))).toMatchObject({
      outcome: 'rejected',
      reason: 'schema-invalid',
    });
    const three = await judge(changeSubject({ delegation: { permitted: true, maxDepth: 3 } }));
    expect(three.outcome).toBe('accepted');
  });
});

describe('a client that changes between two questions', () => {
  const changes: readonly Case[] = [
    [
      'F-15 its redirect URIs',
      'document-digest-mismatch',
      (world) =>
        world.publish({ core: { ...world.core, redirect_uris: ['https://evil.example/cb'] } }),
    ],
    [
      'F-15 where its keys are',
      'document-digest-mismatch',
      (world) => {
        const jwksUri = `${world.origin}/a/billing-bot/other.json`;
        return world.publish({ core: { ...world.core, jwks_uri: jwksUri } });
      },
    ],
    [
      'F-15 its keys',
      'key-binding-mismatch',
      async (world) => world.publishKeys([await createKey()]),
    ],
  ];

  it.each(changes)('%s: the second answer is no', async (_name, reason, change) => {
    const world = await createPaperWorld();
    const verifier = createVerifier(world.options());
    expect((await verifier.verifyClient(world.clientId)).outcome).toBe('accepted');
    await change(world);
    verifier.invalidate(world.clientId);
    verifier.invalidate(world.jwksUri);
    expect(await verifier.verifyClient(world.clientId)).toMatchObject({ reason, granted: [] });
  });
});
