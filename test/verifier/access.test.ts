import { describe, expect, it } from 'vitest';
import { createInspector, createVerifier } from '../../src/verifier/index.ts';
import type { AccessRequest } from '../../src/verifier/ports.ts';
import {
  ask,
  createWideWorld,
  facetsAsked,
  issueActions,
  many,
  otherIssuer,
  scope,
  statusOf,
} from './support/facet-world.ts';
import { createPaperWorld } from './support/paper-world.ts';
import { requiring, trustingFacets } from './support/tampering.ts';

const dayMs = 86_400_000;

describe('an agent whose passport names no scopes', () => {
  it('F-12 is granted exactly the scopes of its published facet', async () => {
    const world = await createWideWorld();
    await world.publishFacets([{ jwt: await issueActions(world, {}) }]);
    const asked = `${scope} read:logs/3 read:logs Read:logs/0 read:logs/0/ read:logs/*`;
    const { outcome, granted, withheld, line } = await ask(world, { scope: asked });
    expect(outcome).toBe('accepted');
    expect(granted).toEqual(['read:logs/0', 'read:logs/39', 'read:logs/3']);
    expect(withheld).toEqual([
      'read:logs/40',
      'read:logs',
      'Read:logs/0',
      'read:logs/0/',
      'read:logs/*',
    ]);
    expect(line).toMatchObject({ outcome: 'pass', evidence: { facets: 1 } });
  });

  it('is granted the scopes of several facets together', async () => {
    const world = await createWideWorld();
    await world.publishFacets([
      { jwt: await issueActions(world, { actions: many.slice(0, 20) }) },
      { jwt: await issueActions(world, { actions: many.slice(20) }) },
    ]);
    expect((await ask(world)).granted).toEqual(['read:logs/0', 'read:logs/39']);
  });

  it('loses what the same facet denies', async () => {
    const world = await createWideWorld();
    const denied = [{ action: 'read', resource: 'logs/39' }];
    await world.publishFacets([{ jwt: await issueActions(world, { denied }) }]);
    const { granted, withheld } = await ask(world);
    expect(granted).toEqual(['read:logs/0']);
    expect(withheld).toEqual(['read:logs/39', 'read:logs/40']);
  });

  it('loses what another facet denies, published or handed over', async () => {
    const world = await createWideWorld();
    const denier = await issueActions(world, {
      actions: [{ action: 'write', resource: 'tickets' }],
      denied: [{ action: 'read', resource: 'logs/39' }],
    });
    const allowing = { jwt: await issueActions(world, {}) };
    await world.publishFacets([allowing, { jwt: denier }]);
    expect((await ask(world)).granted).toEqual(['read:logs/0']);
    await world.publishFacets([allowing]);
    const handed = await ask(world, { scope, credentials: [denier] });
    expect(handed.granted).toEqual(['read:logs/0']);
  });

  it('is granted nothing by a facet that it hands over', async () => {
    const world = await createWideWorld();
    const jwt = await issueActions(world, {});
    const { outcome, granted, withheld } = await ask(world, { scope, credentials: [jwt] });
    expect([outcome, granted, withheld]).toEqual(['accepted', [], scope.split(' ')]);
    const narrow = await issueActions(world, { actions: many.slice(0, 1) });
    await world.publishFacets([{ jwt: narrow }]);
    expect((await ask(world, { scope, credentials: [jwt] })).granted).toEqual(['read:logs/0']);
  });

  it('is granted nothing when nothing is published', async () => {
    const world = await createWideWorld();
    const { outcome, granted, line } = await ask(world);
    expect([outcome, granted]).toEqual(['accepted', []]);
    expect(line).toMatchObject({ outcome: 'warn', evidence: { faults: ['http-404'] } });
  });

  it('is inspected with its facets too', async () => {
    const world = await createWideWorld();
    await world.publishFacets([{ jwt: await issueActions(world, {}) }]);
    const { fetch, clock } = world;
    const report = await createInspector({ fetch, clock }).inspectClient(world.clientId, { scope });
    expect(report.granted).toEqual(['read:logs/0', 'read:logs/39']);
  });

  it('is granted the same where its passport is judged on its own', async () => {
    const world = await createWideWorld();
    await world.publishFacets([{ jwt: await issueActions(world, {}) }]);
    const verifier = createVerifier(world.options(trustingFacets(world.policy)));
    const jwt = await world.issue({ authorizedScopes: undefined });
    expect((await verifier.verifyCredential(jwt, { scope })).granted).toEqual([
      'read:logs/0',
      'read:logs/39',
    ]);
  });
});

describe('what an agent hands over', () => {
  const details = [{ type: 'tickets', actions: ['close'] }];
  const tickets = { action: 'write', resource: 'tickets', authorizationDetails: details };

  it('adds details to a scope that its passport names', async () => {
    const world = await createPaperWorld();
    const jwt = await issueActions(world, { actions: [tickets] });
    const request = { authorizationDetails: [{ type: 'tickets' }], credentials: [jwt] };
    expect((await ask(world, request)).granted).toEqual(details);
  });

  it('adds details to a scope that a published facet names', async () => {
    const world = await createWideWorld();
    const actions = [{ action: 'write', resource: 'tickets' }];
    await world.publishFacets([{ jwt: await issueActions(world, { actions }) }]);
    const jwt = await issueActions(world, { actions: [tickets] });
    const request = { authorizationDetails: [{ type: 'tickets' }], credentials: [jwt] };
    expect((await ask(world, request)).granted).toEqual(details);
  });

  it('adds no details to a scope that nothing else names', async () => {
    const world = await createPaperWorld();
    const other = { ...tickets, resource: 'invoices' };
    const jwt = await issueActions(world, { actions: [other] });
    const request = {
      scope: 'write:invoices',
      authorizationDetails: [{ type: 'tickets' }],
      credentials: [jwt],
    };
    expect((await ask(world, request)).granted).toEqual([]);
  });

  it('denies even what the passport names', async () => {
    const world = await createPaperWorld();
    const denied = [{ action: 'write', resource: 'tickets' }];
    const jwt = await issueActions(world, { actions: [tickets], denied });
    const request = {
      scope: 'write:tickets read:logs/production',
      authorizationDetails: [{ type: 'tickets' }],
      credentials: [jwt],
    };
    const { granted, withheld } = await ask(world, request);
    expect(granted).toEqual(['read:logs/production']);
    expect(withheld).toEqual(['write:tickets', { type: 'tickets' }]);
  });

  it('has nothing fetched that others name', async () => {
    const world = await createPaperWorld();
    const policy = trustingFacets({
      ...world.policy,
      trust: world.policy.trust.flatMap((entry) => [
        entry,
        { ...entry, issuer: otherIssuer, clientIds: ['https://other.com/a/'] },
      ]),
    });
    const clientId = 'https://other.com/a/bot/client.json';
    const strangers = [
      await world.sign(world.facet({ issuer: otherIssuer, clientId }), {
        header: { kid: `${otherIssuer}#k` },
      }),
      await issueActions(world, {}, { clientId: `${world.origin}/a/other/client.json` }),
    ];
    const request = { authorizationDetails: [{ type: 'x' }], credentials: strangers };
    const { line } = await ask(world, request, policy);
    expect(line?.evidence['refused']).toEqual([
      { credential: null, reason: 'issuer-not-trusted' },
      { credential: null, reason: 'subject-mismatch' },
    ]);
    expect(world.fetch.asked.filter((url) => url.includes('other.com'))).toEqual([]);
  });

  it('is looked at eight times and no more', async () => {
    const world = await createPaperWorld();
    const jwt = await issueActions(world, { actions: [tickets] });
    const junk = Array.from({ length: 8 }, () => 'x');
    const ask8 = (credentials: readonly string[]) =>
      ask(world, { authorizationDetails: [{ type: 'tickets' }], credentials });
    expect((await ask8([...junk.slice(1), jwt])).granted).toEqual(details);
    expect((await ask8([...junk, jwt])).granted).toEqual([]);
  });

  it.each([null, 'x', 7, {}, [null, 7, {}, ['x'], undefined], [[]]])(
    'may be anything, such as %j, and is then nothing',
    async (credentials) => {
      const world = await createPaperWorld();
      const request = { authorizationDetails: [{ type: 'x' }], credentials } as unknown;
      const verdict = await ask(world, request as AccessRequest);
      expect(verdict).toMatchObject({ outcome: 'accepted', granted: [] });
      expect(verdict.withheld).toEqual([{ type: 'x' }]);
    },
  );
});

describe('a type of credential that the policy requires', () => {
  const compliance = {
    type: 'compliance',
    claims: {
      attestations: [
        {
          framework: 'urn:iso:std:iso-iec:27001:ed-3',
          edition: 'ISO/IEC 27001:2022',
          outcome: 'conformant',
          assessor: 'did:web:assessor.example',
        },
      ],
    },
  } as const;
  const demand = requiring({ credentialTypes: ['AgentComplianceCredential'] });

  it('is held when a facet of it is published', async () => {
    const world = await createPaperWorld();
    await world.publishFacets([{ jwt: await world.issueFacet(compliance), type: 'compliance' }]);
    expect(await ask(world, {}, demand(world.policy))).toMatchObject({ outcome: 'accepted' });
  });

  it('is held when a facet of it is handed over', async () => {
    const world = await createPaperWorld();
    const credentials = [await world.issueFacet(compliance)];
    expect(await ask(world, { credentials }, demand(world.policy))).toMatchObject({
      outcome: 'accepted',
    });
  });

  it('is held when it is the passport’s own', async () => {
    const world = await createPaperWorld();
    const policy = requiring({ credentialTypes: ['AgentAuthorizationCredential'] })(world.policy);
    expect(await ask(world, {}, policy)).toMatchObject({ outcome: 'accepted' });
    expect(facetsAsked(world)).toEqual([]);
  });

  it('F-11 is missing when only two of three are held', async () => {
    const world = await createPaperWorld();
    const credentialTypes = [
      'AgentComplianceCredential',
      'AgentProvenanceCredential',
      'AgentAllowedActionsCredential',
    ];
    await world.publishFacets([
      { jwt: await world.issueFacet(compliance), type: 'compliance' },
      { jwt: await issueActions(world, {}) },
    ]);
    const verdict = await ask(world, {}, requiring({ credentialTypes })(world.policy));
    expect(verdict).toMatchObject({ outcome: 'rejected', reason: 'policy-not-met' });
    const line = verdict.report.checks.find(({ id }) => id === 'policy.credentials');
    expect(line?.evidence).toEqual({ missing: ['AgentProvenanceCredential'] });
  });

  it('is missing when its facet is revoked, and unknown when its status is', async () => {
    const world = await createPaperWorld();
    await world.publishFacets([{ jwt: await world.issueFacet(compliance), type: 'compliance' }]);
    await world.publishList({ purpose: 'revocation', set: [world.facetIndex] });
    expect(await ask(world, {}, demand(world.policy))).toMatchObject({ reason: 'policy-not-met' });
    const elsewhere = { index: 61_002, suspensionList: `${world.origin}/status/9s` };
    const status = { ...statusOf(world), ...elsewhere };
    const jwt = await world.issueFacet({ ...compliance, status });
    await world.publishFacets([{ jwt, type: 'compliance' }]);
    expect(await ask(world, {}, demand(world.policy))).toMatchObject({
      outcome: 'undetermined',
      reason: 'status-unavailable',
    });
  });

  it('may live longer than a passport, and has limits of its own on status', async () => {
    const world = await createPaperWorld();
    const validUntil = new Date(world.clock() + 365 * dayMs);
    const jwt = await world.issueFacet({ ...compliance, validUntil });
    await world.publishFacets([{ jwt, type: 'compliance' }]);
    expect(await ask(world, {}, demand(world.policy))).toMatchObject({ outcome: 'accepted' });
  });
});

describe('scopes that the policy requires', () => {
  const demand = requiring({ authorizedScopes: ['read:logs/0'] });

  it('are permitted by published facets where the passport names none', async () => {
    const world = await createWideWorld();
    await world.publishFacets([{ jwt: await issueActions(world, {}) }]);
    expect(await ask(world, {}, demand(world.policy))).toMatchObject({ outcome: 'accepted' });
  });

  it('are not permitted by a facet that is handed over', async () => {
    const world = await createWideWorld();
    const credentials = [await issueActions(world, {})];
    expect(await ask(world, { credentials }, demand(world.policy))).toMatchObject({
      outcome: 'rejected',
      reason: 'policy-not-met',
    });
  });

  it('are not permitted when a facet denies them', async () => {
    const world = await createWideWorld();
    const denied = [{ action: 'read', resource: 'logs/0' }];
    await world.publishFacets([{ jwt: await issueActions(world, { denied }) }]);
    expect(await ask(world, {}, demand(world.policy))).toMatchObject({ reason: 'policy-not-met' });
  });
});
