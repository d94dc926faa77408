import { describe, expect, it } from 'vitest';
import { clientMetadataDigest } from '../../src/protocol/client-metadata.ts';
import { createVerifier } from '../../src/verifier/index.ts';
import { checks } from '../../src/verifier/verify-client.ts';
import { createKey, createPaperWorld, PaperWorld, signCompact } from './support/paper-world.ts';

const scope = 'read:logs/production read:logs/pii write:tickets';

describe('a client whose papers are in order', () => {
  it('is accepted, with the scopes that its passport permits', async () => {
    const world = await createPaperWorld();
    const verifier = createVerifier(world.options());
    const verdict = await verifier.verifyClient(world.clientId, { scope });
    expect(verdict).toMatchObject({
      outcome: 'accepted',
      reason: null,
      granted: ['read:logs/production', 'write:tickets'],
      withheld: ['read:logs/pii'],
      client: {
        clientId: 'https://id.acme.com/a/billing-bot/client.json',
        name: 'Billing Bot',
        host: 'id.acme.com',
        redirectUris: ['https://id.acme.com/a/billing-bot/callback'],
        grantTypes: ['authorization_code', 'client_credentials'],
        tokenEndpointAuthMethod: 'private_key_jwt',
        jwksUri: 'https://id.acme.com/a/billing-bot/jwks.json',
      },
    });
    expect(verdict.claims).toMatchObject({ agentType: 'agent', issuerDomain: 'id.acme.com' });
    expect(verdict).not.toHaveProperty('advisory');
  });

  it('is reported line by line, in the order of the table', async () => {
    const world = await createPaperWorld();
    const verdict = await createVerifier(world.options()).verifyClient(world.clientId);
    const { report } = verdict;
    expect(report.checks.map(({ id }) => id)).toEqual(checks.map(([id]) => id));
    expect(new Set(report.checks.map(({ outcome }) => outcome))).toEqual(
      new Set(['pass', 'skipped']),
    );
    expect(report.report).toMatch(/^rpt_[0-9a-f]{32}$/);
    expect(report).toMatchObject({
      outcome: 'accepted',
      reason: null,
      checkedAt: '2026-11-20T12:00:00.000Z',
      input: { kind: 'client_id', value: world.clientId },
      subject: {
        clientId: world.clientId,
        did: 'did:web:id.acme.com:a:billing-bot',
        name: 'Billing Bot',
        host: 'id.acme.com',
      },
      issuer: { did: 'did:web:id.acme.com', trust: 'policy' },
      granted: [],
      withheld: [],
    });
    expect(report.claims).toEqual(verdict.claims);
  });

  it('D-04 may sign with Ed25519, under either name of the algorithm', async () => {
    for (const alg of ['Ed25519', 'EdDSA']) {
      const issuerKey = await createKey('Ed25519');
      const world = await createPaperWorld();
      world.publishIssuer([world.issuerKey, issuerKey]);
      const header = { alg, kid: world.kidOf(issuerKey) };
      await world.publish({
        jwt: await world.sign(await world.passport(), { key: issuerKey, header }),
      });
      const verdict = await createVerifier(world.options()).verifyClient(world.clientId);
      expect(verdict.outcome).toBe('accepted');
    }
  });

  it('may be an MCP server of an issuer that is trusted for passports', async () => {
    const world = await createPaperWorld();
    await world.publish({ jwt: await world.issue({ agentType: 'mcp-server' }) });
    const verdict = await createVerifier(world.options()).verifyClient(world.clientId);
    expect(verdict.outcome).toBe('accepted');
  });

  it('may have its keys in the document itself', async () => {
    const world = await createPaperWorld();
    const { jwks_uri: _uri, ...core } = world.core;
    const jwks = { keys: [{ ...world.agentKey.jwk }] };
    const inline = { ...core, jwks };
    const documentDigest = await clientMetadataDigest(inline);
    await world.publish({ core: inline, jwt: await world.issue({ documentDigest }) });
    const verifier = createVerifier(world.options());
    expect((await verifier.verifyClient(world.clientId)).outcome).toBe('accepted');
    const stranger = { ...inline, jwks: { keys: [{ ...(await createKey()).jwk }] } };
    const digest = await clientMetadataDigest(stranger);
    await world.publish({ core: stranger, jwt: await world.issue({ documentDigest: digest }) });
    verifier.invalidate(world.clientId);
    expect((await verifier.verifyClient(world.clientId)).reason).toBe('key-binding-mismatch');
  });

  it('may have no keys, when it authenticates with none', async () => {
    const world = await createPaperWorld();
    const { jwks_uri: _uri, token_endpoint_auth_signing_alg: _alg, ...rest } = world.core;
    const core = { ...rest, token_endpoint_auth_method: 'none' };
    const documentDigest = await clientMetadataDigest(core);
    await world.publish({ core, jwt: await world.issue({ documentDigest }) });
    const { report } = await createVerifier(world.options()).verifyClient(world.clientId);
    expect(report.reason).toBeNull();
    expect(report.checks.find(({ id }) => id === 'document.keys')).toMatchObject({
      outcome: 'skipped',
      evidence: { because: 'the document names no keys' },
    });
  });

  it('D-22 is within the skew of clocks at both ends of its validity', async () => {
    const world = await createPaperWorld();
    const verifier = createVerifier(world.options());
    const judge = async (validFrom: number, validUntil: number) => {
      const [from, until] = [validFrom, validUntil].map((s) => new Date(world.clock() + s * 1_000));
      await world.publish({
        jwt: await world.issue({
          validFrom: from ?? new Date(),
          validUntil: until ?? new Date(),
        }),
      });
      verifier.invalidate(world.clientId);
      const { outcome, reason } = await verifier.verifyClient(world.clientId);
      return reason ?? outcome;
    };
    expect(await judge(60, 3_600)).toBe('accepted');
    expect(await judge(61, 3_600)).toBe('not-yet-valid');
    expect(await judge(-3_600, -59)).toBe('accepted');
    expect(await judge(-3_600, -60)).toBe('expired');
  });

  it('cannot be changed through a verdict', async () => {
    const world = await createPaperWorld();
    const verifier = createVerifier(world.options());
    const { claims, client } = await verifier.verifyClient(world.clientId);
    const scopes = claims?.['authorizedScopes'] as string[];
    expect(() => scopes.push('admin:everything')).toThrow(TypeError);
    const redirectUris = client?.redirectUris as string[];
    expect(() => redirectUris.push('https://evil.com/')).toThrow(TypeError);
    const again = await verifier.verifyClient(world.clientId, { scope: 'admin:everything' });
    expect(again.granted).toEqual([]);
  });
});

describe('requested scopes', () => {
  it('are compared exactly, and each counts once', async () => {
    const world = await createPaperWorld();
    const verifier = createVerifier(world.options());
    const asked = 'write:tickets write:ticket write:tickets/1 Write:tickets write:tickets "';
    const { granted, withheld } = await verifier.verifyClient(world.clientId, { scope: asked });
    expect(granted).toEqual(['write:tickets']);
    expect(withheld).toEqual(['write:ticket', 'write:tickets/1', 'Write:tickets', '"']);
  });

  it('are all withheld when the passport names none, and the report says why', async () => {
    const world = await createPaperWorld();
    await world.publish({ jwt: await world.issue({ authorizedScopes: undefined }) });
    const verdict = await createVerifier(world.options()).verifyClient(world.clientId, { scope });
    expect(verdict.outcome).toBe('accepted');
    expect(verdict.granted).toEqual([]);
    expect(verdict.withheld).toHaveLength(3);
    const line = verdict.report.checks.find(({ id }) => id === 'access.scopes');
    expect(line?.outcome).toBe('warn');
    expect(line?.evidence['because']).toBe('the papers name no scopes: absent never means any');
  });
});

describe('development on one machine', () => {
  it('reads a client and its issuer over plain http on loopback', async () => {
    const world = await createPaperWorld('http://localhost:8787');
    const verdict = await createVerifier(world.options()).verifyClient(world.clientId);
    expect(verdict.outcome).toBe('accepted');
    expect(world.fetch.asked).toContain('http://localhost:8787/.well-known/did.json');
  });

  it('reads the issuer of an https client over https, loopback allowed or not', async () => {
    const world = await createPaperWorld('https://localhost:8787');
    const fetch = Object.assign(world.fetch, { allowLoopback: true });
    const verdict = await createVerifier({ ...world.options(), fetch }).verifyClient(
      world.clientId,
    );
    expect(verdict.report.checks.map(({ outcome }) => outcome)).toContain('pass');
    expect(world.fetch.asked.every((url) => url.startsWith('https:'))).toBe(true);
  });

  it('reads no other host in plain, although the client is on loopback', async () => {
    const world = await createPaperWorld('http://localhost:8787');
    const issuer = 'did:web:id.acme.com';
    const payload = { ...(await world.passport()), issuer, iss: issuer };
    const jwt = await signCompact(payload, world.issuerKey, { kid: `${issuer}#k`, typ: 'vc+jwt' });
    await world.publish({ jwt });
    const trust = world.policy.trust.map((entry) => ({ ...entry, issuer }));
    const verifier = createVerifier(world.options({ ...world.policy, trust }));
    expect((await verifier.verifyClient(world.clientId)).reason).toBe('issuer-unresolvable');
    expect(world.fetch.asked).toContain('https://id.acme.com/.well-known/did.json');
  });

  it('is not to be had from a fetch that does not allow it', async () => {
    const world = new PaperWorld('http://localhost:8787', {
      issuerKey: await createKey(),
      agentKey: await createKey(),
    });
    const fetch = Object.assign(world.fetch, { allowLoopback: false });
    expect(() => createVerifier({ ...world.options(), fetch })).toThrow(/loopback/);
  });
});

describe('monitor mode', () => {
  it('says what it would say, and that nobody has to act on it', async () => {
    const world = await createPaperWorld();
    await world.publishList({ purpose: 'revocation', set: [world.index] });
    const verifier = createVerifier(world.options({ ...world.policy, mode: 'monitor' }));
    const verdict = await verifier.verifyClient(world.clientId);
    expect(verdict).toMatchObject({
      outcome: 'rejected',
      reason: 'status-revoked',
      advisory: true,
    });
    expect(verdict.report.outcome).toBe('rejected');
  });
});

describe('whatever is handed in', () => {
  it.each([undefined, null, 42, {}, [], () => 0, Symbol('x'), '', '\0', 'https://', '\ud800'])(
    '%s gets a verdict, not an exception',
    async (input) => {
      const world = await createPaperWorld();
      const verifier = createVerifier(world.options());
      const asked = input as string;
      expect(await verifier.verifyClient(asked)).toMatchObject({
        outcome: 'rejected',
        reason: 'url-invalid',
      });
      expect(await verifier.verifyCredential(asked)).toMatchObject({
        outcome: 'rejected',
        reason: 'credential-malformed',
      });
      expect(world.fetch.asked).toEqual([]);
    },
  );

  it('a request that is no request asks for nothing', async () => {
    const world = await createPaperWorld();
    const verifier = createVerifier(world.options());
    const request = { scope: 42 } as unknown as { readonly scope: string };
    const verdict = await verifier.verifyClient(world.clientId, request);
    expect(verdict).toMatchObject({ outcome: 'accepted', granted: [], withheld: [] });
  });

  it('a fetch port that throws leaves the verdict undetermined', async () => {
    const world = await createPaperWorld();
    const fetch = Object.assign(
      () => {
        throw new Error('broken');
      },
      { allowLoopback: false },
    );
    const verifier = createVerifier({ ...world.options(), fetch });
    expect(await verifier.verifyClient(world.clientId)).toMatchObject({
      outcome: 'undetermined',
      reason: 'fetch-failed',
    });
  });
});
