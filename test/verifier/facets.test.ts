import { describe, expect, it } from 'vitest';
import type { FacetInput } from '../../src/protocol/facet.ts';
import type { JsonObject } from '../../src/protocol/strict-json.ts';
import { pass } from '../../src/verifier/finding.ts';
import { createVerifier } from '../../src/verifier/index.ts';
import type { Court } from '../../src/verifier/inquiry.ts';
import { presentJwt } from '../../src/verifier/intake/from-jwt.ts';
import type { AccessRequest } from '../../src/verifier/ports.ts';
import type { Check } from '../../src/verifier/run-checks.ts';
import { createSources } from '../../src/verifier/sources.ts';
import { trustOf } from '../../src/verifier/trust.ts';
import { verifyClient } from '../../src/verifier/verify-client.ts';
import { facetFlaws } from './support/facet-flaws.ts';
import {
  ask,
  createWideWorld,
  facetsAsked,
  issueActions,
  many,
  scope,
  statusOf,
} from './support/facet-world.ts';
import { createPaperWorld, type PaperWorld } from './support/paper-world.ts';
import { requiring, trustingFacets } from './support/tampering.ts';

describe('a facet that does not hold permits nothing', () => {
  it.each(facetFlaws)('when it is $name', async ({ publish, says, policy = trustingFacets }) => {
    const world = await createWideWorld();
    await publish(world);
    const request = { scope, authorizationDetails: [{ type: 'logs' }] };
    const { outcome, granted, withheld, line } = await ask(world, request, policy(world.policy));
    expect(outcome).toBe('accepted');
    expect(granted).toEqual([]);
    expect(withheld).toEqual([...scope.split(' '), { type: 'logs' }]);
    expect(line?.outcome).toBe('warn');
    expect(JSON.stringify(line?.evidence)).toContain(`"${says}"`);
  });

  it('nor does one behind a host that keeps silent until the deadline', async () => {
    const world = await createWideWorld();
    world.serve(world.facetListing, 'silence');
    const startedAt = Date.now();
    const policy = requiring({ credentialTypes: ['AgentComplianceCredential'] })(world.policy);
    const [plain, required] = await Promise.all([ask(world), ask(world, { scope }, policy)]);
    expect(Date.now() - startedAt).toBeLessThan(7_000);
    expect(plain).toMatchObject({ outcome: 'accepted', granted: [], withheld: scope.split(' ') });
    expect(plain.line?.evidence['faults']).toEqual(['fetch-timeout']);
    expect(required).toMatchObject({ outcome: 'undetermined', reason: 'fetch-failed' });
  });
});

describe('a denial that was not seen wins all the same', () => {
  const denied = [{ action: 'read', resource: 'logs/0' }];
  const allowing = async (world: PaperWorld) => ({ jwt: await issueActions(world, {}) });

  it.each<[string, (world: PaperWorld, url: string) => void]>([
    ['hangs up', (world, url) => world.serve(url, 'hang-up')],
    ['is gone', (world, url) => world.serve(url, { status: 404, body: '' })],
    ['is in trouble', (world, url) => world.serve(url, { status: 503, body: '' })],
    ['was replaced', (world, url) => world.serve(url, { body: 'not.a.jws' })],
  ])('when the facet beside the one that allows %s', async (_name, spoil) => {
    const world = await createWideWorld();
    const denier = { jwt: await issueActions(world, { denied }) };
    await world.publishFacets([await allowing(world), denier]);
    spoil(world, `${world.facetListing}/crd_1`);
    const { granted, report } = await ask(world);
    expect(granted).toEqual([]);
    const line = report.checks.find(({ id }) => id === 'access.scopes');
    expect(line?.evidence['because']).toBe(
      'not every published facet could be judged, and what one denies would win',
    );
  });

  it('when its status cannot be found out', async () => {
    const world = await createWideWorld();
    const status = { ...statusOf(world), revocationList: `${world.origin}/status/9r` };
    const denier = { jwt: await issueActions(world, { denied }, { status }) };
    await world.publishFacets([await allowing(world), denier]);
    expect((await ask(world)).granted).toEqual([]);
  });

  it('when it has claims that this verifier does not understand', async () => {
    const world = await createWideWorld();
    const payload = world.facet({ claims: { actions: many, denied, deniedFrom: '2027' } });
    await world.publishFacets([await allowing(world), { jwt: await world.sign(payload) }]);
    expect((await ask(world)).granted).toEqual([]);
  });

  it('when it is the seventeenth', async () => {
    const world = await createWideWorld();
    const allowed = await allowing(world);
    const sixteen = Array.from({ length: 16 }, () => allowed);
    await world.publishFacets(sixteen);
    expect((await ask(world)).granted).toEqual(['read:logs/0', 'read:logs/39']);
    await world.publishFacets([...sixteen, allowed]);
    const { granted, line } = await ask(world);
    expect(granted).toEqual([]);
    expect(line?.evidence['faults']).toEqual(['listing-length']);
    expect(facetsAsked(world).filter((url) => url.endsWith('crd_16'))).toEqual([]);
  });

  it('when the listing is out of reach and the agent hands over what suits it', async () => {
    const world = await createPaperWorld();
    const authorizationDetails = [{ type: 'tickets' }];
    const actions = [{ action: 'write', resource: 'tickets', authorizationDetails }];
    const jwt = await world.issueFacet({ claims: { actions } });
    const request = { scope: 'write:tickets', authorizationDetails, credentials: [jwt] };
    expect((await ask(world, request)).granted).toEqual(['write:tickets', { type: 'tickets' }]);
    world.serve(world.facetListing, { status: 503, body: '' });
    const { granted, withheld } = await ask(world, request);
    expect(granted).toEqual(['write:tickets']);
    expect(withheld).toEqual([{ type: 'tickets' }]);
  });

  it.each<[string, string, Partial<FacetInput>]>([
    ['has run out', 'none', { validUntil: new Date('2026-11-20T11:00:00Z') }],
    ['is for later', 'none', { validFrom: new Date('2026-11-21T12:00:00Z') }],
    ['is revoked', 'revocation', {}],
    ['is suspended', 'suspension', {}],
    ['is about another client', 'none', { clientId: 'https://id.acme.com/a/other/client.json' }],
  ])('but not a denial that %s', async (_name, purpose, changes) => {
    const world = await createWideWorld();
    const index = 61_001;
    const denier = { jwt: await issueActions(world, { denied }, { ...changes, index }) };
    await world.publishFacets([await allowing(world), denier]);
    if (purpose === 'revocation' || purpose === 'suspension') {
      await world.publishList({ purpose, set: [index] });
    }
    expect((await ask(world)).granted).toEqual(['read:logs/0', 'read:logs/39']);
  });

  it('and a facet of a type that denies nothing hides nothing', async () => {
    const world = await createWideWorld();
    const { actions: _actions, ...subject } = world.facet()['credentialSubject'] as JsonObject;
    const clearance = {
      ...world.facet(),
      type: ['VerifiableCredential', 'AcmeClearance'],
      credentialSubject: { ...subject, level: 3 },
    };
    const listed = [
      { jwt: await world.sign(clearance), type: 'clearance' },
      { jwt: 'not.a.jws', type: 'badge' },
      await allowing(world),
    ];
    await world.publishFacets(listed);
    const credentialTypes = ['AcmeClearance'];
    const demanding = requiring({ credentialTypes })(world.policy);
    const trust = demanding.trust.map((entry) => ({
      ...entry,
      credentialTypes: [...entry.credentialTypes, ...credentialTypes],
    }));
    const { granted, line } = await ask(world, { scope }, { ...demanding, trust });
    expect(granted).toEqual(['read:logs/0', 'read:logs/39']);
    expect(line?.evidence).toEqual({
      facets: 2,
      refused: [{ credential: null, reason: 'credential-malformed' }],
      faults: [],
    });
    expect(line?.fix).toBe('Publish the facet, have it renewed, or trust the issuer for its type.');
    expect(await ask(world, { scope }, demanding)).toMatchObject({ reason: 'policy-not-met' });
  });

  it('as soon as the passport is younger than the listing that is held', async () => {
    const world = await createWideWorld();
    const verifier = createVerifier(world.options(trustingFacets(world.policy)));
    const granted = async () => (await verifier.verifyClient(world.clientId, { scope })).granted;
    const allowed = await allowing(world);
    await world.publishFacets([allowed]);
    expect(await granted()).toEqual(['read:logs/0', 'read:logs/39']);
    world.advance(10_000);
    await world.publishFacets([allowed, { jwt: await issueActions(world, { denied }) }]);
    expect(await granted()).toEqual(['read:logs/0', 'read:logs/39']);
    const validFrom = new Date(world.clock());
    await world.publish({ jwt: await world.issue({ authorizedScopes: undefined, validFrom }) });
    verifier.invalidate(world.clientId);
    expect(await granted()).toEqual(['read:logs/39']);
    expect(await granted()).toEqual(['read:logs/39']);
    const listings = facetsAsked(world).filter((url) => url === world.facetListing);
    expect(listings).toHaveLength(2);
  });
});

describe('a passport among the facets', () => {
  it('is followed no further, wherever it leads', async () => {
    const world = await createWideWorld();
    const passport = await world.issue({ authorizedScopes: undefined });
    const listed = ['allowed-actions', 'AcmeClearance', 'compliance'].flatMap((type, at) =>
      Array.from({ length: 5 }, (_, each) => ({
        jwt: passport,
        type,
        url: `${world.facetListing}/crd_${at}${each}`,
      })),
    );
    await world.publishFacets(listed);
    const demands = { credentialTypes: ['AcmeClearance'], authorizedScopes: ['read:logs/0'] };
    const policy = requiring(demands)(world.policy);
    const verdict = await ask(world, { scope, credentials: [passport] }, policy);
    expect(verdict).toMatchObject({ outcome: 'rejected', reason: 'policy-not-met' });
    expect(world.fetch.asked.length).toBeLessThan(25);
    expect(verdict.line?.evidence['refused']).toHaveLength(11);
  });

  it('lends the agent no type that the policy requires', async () => {
    const world = await createPaperWorld();
    const server = await world.issue({ agentType: 'mcp-server' });
    await world.publishFacets([{ jwt: server, type: 'McpServerCredential' }]);
    const policy = requiring({ credentialTypes: ['McpServerCredential'] })(world.policy);
    expect(await ask(world, { credentials: [server] }, policy)).toMatchObject({
      outcome: 'rejected',
      reason: 'policy-not-met',
    });
    await world.publish({ jwt: server });
    expect(await ask(world, {}, policy)).toMatchObject({ outcome: 'accepted' });
  });

  it('would not have itself examined, whatever a check does', async () => {
    const world = await createPaperWorld();
    const examined: string[] = [];
    const examineItself: Check = [
      'credential.itself',
      'Examines itself',
      'schema-invalid',
      async (inquiry) => {
        const { outcome } = await inquiry.examine(inquiry.presentation.value);
        examined.push(outcome);
        return pass();
      },
    ];
    const { fetch, clock } = world;
    const court: Court = {
      clock,
      trust: trustOf(world.policy),
      sources: createSources({ fetch, clock }),
      allowLoopback: false,
      validators: new Map(),
    };
    const question = {
      input: { kind: 'jwt', value: '' },
      raw: '',
      scope: '',
      details: [],
      credentials: [],
      presentation: presentJwt(await world.issue()),
    } as const;
    const verdict = await verifyClient(court, question, [examineItself]);
    expect([verdict.outcome, examined]).toEqual(['accepted', ['undetermined']]);
  });

  it('lends the agent nothing of what it says', async () => {
    const world = await createPaperWorld();
    const wider = await world.issue({ authorizedScopes: ['admin:everything'] });
    const request = {
      scope: 'admin:everything',
      authorizationDetails: [{ type: 'x' }],
      credentials: [wider],
    };
    expect((await ask(world, request)).granted).toEqual([]);
  });
});

describe('nothing is fetched for facets', () => {
  it.each<[string, AccessRequest]>([
    ['nothing is asked', {}],
    ['the passport names its scopes', { scope: 'write:tickets read:logs/pii' }],
    ['something is handed over that nobody asked about', { scope: 'x:y', credentials: ['a.b.c'] }],
    ['no details are asked', { scope: 'x:y', authorizationDetails: [] }],
  ])('when %s', async (_name, request) => {
    const world = await createPaperWorld();
    await world.publishFacets([{ jwt: await issueActions(world, {}) }]);
    const { line } = await ask(world, request);
    expect(line).toMatchObject({
      outcome: 'skipped',
      evidence: { because: 'the passport says everything that is asked' },
    });
    expect(facetsAsked(world)).toEqual([]);
    expect(world.fetch.asked).toHaveLength(5);
  });

  it.each(['', '   '])('when the passport names no scopes and %j is asked', async (empty) => {
    const world = await createWideWorld();
    await world.publishFacets([{ jwt: await issueActions(world, {}) }]);
    expect((await ask(world, { scope: empty })).line?.outcome).toBe('skipped');
    expect(facetsAsked(world)).toEqual([]);
  });

  it('when the passport names that it has none', async () => {
    const world = await createPaperWorld();
    await world.publish({ jwt: await world.issue({ authorizedScopes: [] }) });
    await world.publishFacets([{ jwt: await issueActions(world, {}) }]);
    const { granted, line } = await ask(world);
    expect([granted, line?.outcome]).toEqual([[], 'skipped']);
    expect(facetsAsked(world)).toEqual([]);
  });

  it('before the passport held: not for one that is revoked', async () => {
    const world = await createWideWorld();
    await world.publishFacets([{ jwt: await issueActions(world, {}) }]);
    await world.publishList({ purpose: 'revocation', set: [world.index] });
    expect(await ask(world)).toMatchObject({ outcome: 'rejected', reason: 'status-revoked' });
    expect(facetsAsked(world)).toEqual([]);
  });

  it('but the listing and the wanted type', async () => {
    const world = await createWideWorld();
    await world.publishFacets([
      { jwt: 'x', type: 'compliance' },
      { jwt: await issueActions(world, {}) },
      { jwt: 'x', type: 'AcmeClearance' },
    ]);
    await ask(world);
    expect(facetsAsked(world)).toEqual([world.facetListing, `${world.facetListing}/crd_1`]);
  });

  it('twice while the copies are fresh', async () => {
    const world = await createWideWorld();
    await world.publishFacets([{ jwt: await issueActions(world, {}) }]);
    const verifier = createVerifier(world.options(trustingFacets(world.policy)));
    await verifier.verifyClient(world.clientId, { scope });
    const before = world.fetch.asked.length;
    const again = await verifier.verifyClient(world.clientId, { scope });
    expect(again.granted).toEqual(['read:logs/0', 'read:logs/39']);
    expect(world.fetch.asked).toHaveLength(before);
  });
});
