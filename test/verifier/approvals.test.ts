import { describe, expect, it } from 'vitest';
import { clientMetadataDigest } from '../../src/protocol/client-metadata.ts';
import { buildJwks } from '../../src/protocol/jwks.ts';
import type { JsonObject } from '../../src/protocol/strict-json.ts';
import {
  type Approval,
  type ApprovalStore,
  changesBetween,
  createMemoryApprovals,
  createVerifier,
  type DecisionOrder,
  kindOfName,
  parseTrustPolicy,
  recordDecision,
  type SeenDocument,
  stateOf,
  type TrustPolicy,
  type VerifierOptions,
} from '../../src/verifier/index.ts';
import { maxPending, recordSeen } from '../../src/verifier/record-approval.ts';
import { madeApproval } from '../contracts/approval-store.contract.ts';
import { createKey, createPaperWorld, type PaperWorld } from './support/paper-world.ts';
import { trustingFacets } from './support/tampering.ts';

interface Trial {
  readonly world: PaperWorld;
  readonly approvals: ApprovalStore;
  readonly judge: () => Promise<{ reason: string; line: unknown; entry: Approval | undefined }>;
  readonly decide: (
    order: Partial<DecisionOrder> & Pick<DecisionOrder, 'state'>,
  ) => Promise<unknown>;
}

const by = { by: 'ops@acme.com', reason: 'CHG-1', at: '2026-11-20T12:00:05.000Z' };

async function startTrial(
  approval: TrustPolicy['approval'] = 'required',
  approvals = createMemoryApprovals(),
): Promise<Trial> {
  const world = await createPaperWorld();
  const policy = { ...world.policy, ...(approval === undefined ? {} : { approval }) };
  const verifier = createVerifier({ ...world.options(policy), approvals });
  return {
    world,
    approvals,
    async judge() {
      const { outcome, reason, report } = await verifier.verifyClient(world.clientId);
      const line = report.checks.find(({ id }) => id === 'policy.approval');
      const [entry] = await approvals.find([world.clientId]);
      return {
        reason: `${outcome} ${reason}`,
        line: [line?.outcome, line?.evidence],
        entry,
      };
    },
    async decide(order) {
      const decided = await recordDecision(approvals, { name: world.clientId, ...by, ...order });
      return decided.ok ? stateOf(decided.value) : decided.faults[0]?.rule;
    },
  };
}

/** Publishes the document with these members more, as its issuer vouches for it. */
async function change({ world }: Trial, members: JsonObject): Promise<string> {
  const core = { ...world.core, ...members };
  const documentDigest = await clientMetadataDigest(core);
  await world.publish({ core, jwt: await world.issue({ documentDigest }) });
  world.advance(300_000);
  await world.publishList({ purpose: 'revocation' });
  await world.publishList({ purpose: 'suspension' });
  return documentDigest;
}

const waiting = 'rejected policy-not-met';

describe('where the policy asks for approval', () => {
  it('an unknown client waits, and is recorded once with its document', async () => {
    const trial = await startTrial();
    const { world, judge } = trial;
    const first = await judge();
    expect(first.reason).toBe(waiting);
    expect(first.line).toEqual(['fail', { approval: 'pending', recorded: true }]);
    expect(first.entry).toEqual({
      name: world.clientId,
      decision: null,
      approved: null,
      seen: {
        digest: await clientMetadataDigest(world.core),
        seenAt: '2026-11-20T12:00:00.000Z',
        issuer: 'did:web:id.acme.com',
        document: expect.stringContaining('"client_name":"Billing Bot"'),
        keys: [world.agentKey.thumbprint],
      },
      history: [],
    });
    expect(first.entry?.seen?.document).not.toContain('vc+jwt');
    world.advance(1_000);
    expect((await judge()).entry).toBe(first.entry);
  });

  it('a client passes once its document is allowed, and a renewed passport is no change', async () => {
    const trial = await startTrial();
    const digest = (await trial.judge()).entry?.seen?.digest;
    expect(await trial.decide({ state: 'allowed', digest })).toBe('allowed');
    const { reason, line } = await trial.judge();
    expect([reason, line]).toEqual([
      'accepted null',
      ['pass', { allowedBy: trial.world.clientId }],
    ]);
    expect(await change(trial, {})).toBe(digest);
    expect((await trial.judge()).reason).toBe('accepted null');
  });

  it('a document that changed since waits again, until it is allowed or changes back', async () => {
    const trial = await startTrial();
    const digest = (await trial.judge()).entry?.seen?.digest;
    await trial.decide({ state: 'allowed', digest });
    const changed = await change(trial, { client_name: 'Payroll Bot' });
    const { reason, line, entry } = await trial.judge();
    expect(reason).toBe(waiting);
    expect(line).toEqual(['fail', { approval: 'changed', recorded: true }]);
    expect(entry && stateOf(entry)).toBe('pending');
    expect([entry?.approved?.digest, entry?.seen?.digest]).toEqual([digest, changed]);
    await change(trial, {});
    expect((await trial.judge()).reason).toBe('accepted null');
    await change(trial, { client_name: 'Payroll Bot' });
    await trial.decide({ state: 'allowed', digest: changed });
    expect((await trial.judge()).reason).toBe('accepted null');
  });

  it('nobody waits whose papers are not in order', async () => {
    const { world, judge } = await startTrial();
    await world.publishList({ purpose: 'revocation', set: [world.index] });
    expect(await judge()).toMatchObject({ reason: 'rejected status-revoked', entry: undefined });
  });

  it('strangers cannot fill the store: beyond its bound they are refused and not recorded', async () => {
    const approvals = createMemoryApprovals();
    for (let at = 0; at < maxPending; at += 1) {
      await approvals.update(`h${at}.com`, () => madeApproval(`h${at}.com`));
    }
    const { judge, decide } = await startTrial('required', approvals);
    expect(await judge()).toMatchObject({
      reason: waiting,
      line: ['fail', { approval: 'pending', recorded: false }],
      entry: undefined,
    });
    await decide({ name: 'h0.com', state: 'blocked' });
    expect((await judge()).line).toEqual(['fail', { approval: 'pending', recorded: true }]);
  });

  it.each([
    ['its host', 'flood.com', 'blocked'],
    ['its host', 'flood.com', 'allowed'],
    ['its issuer', 'did:web:id.acme.com', 'blocked'],
  ] as const)('there is room again once %s, %s, is %s', async (_, name, state) => {
    const approvals = createMemoryApprovals();
    for (let at = 0; at < maxPending; at += 1) {
      const client = `https://flood.com/a/${at}/client.json`;
      await approvals.update(client, () => madeApproval(client));
    }
    const other = 'https://other.com/a/bot/client.json';
    const seen = { ...madeApproval(other).seen, issuer: 'did:web:other.com' } as SeenDocument;
    expect(await recordSeen(approvals, other, seen)).toBe(false);
    const { decide } = await startTrial('required', approvals);
    await decide({ name, state });
    expect(await recordSeen(approvals, other, seen)).toBe(true);
    await decide({ name, state: 'forgotten' });
    expect(await recordSeen(approvals, `${other}.json`, seen)).toBe(false);
  });

  it('a credential on its own is held to the document that it names, and records nothing', async () => {
    const { world, judge, decide, approvals } = await startTrial();
    const policy = { ...world.policy, approval: 'required' } as const;
    const verifier = createVerifier({ ...world.options(policy), approvals });
    const jwt = await world.issue();
    expect(await verifier.verifyCredential(jwt)).toMatchObject({ reason: 'policy-not-met' });
    expect(await approvals.all()).toEqual([]);
    const digest = (await judge()).entry?.seen?.digest;
    await decide({ state: 'allowed', digest });
    expect(await verifier.verifyCredential(jwt)).toMatchObject({ outcome: 'accepted' });
  });

  it('inline keys are shown by their thumbprints', async () => {
    const trial = await startTrial();
    const { world } = trial;
    const { jwks_uri: _uri, ...rest } = world.core;
    const { jwk, thumbprint } = world.agentKey;
    const core = { ...rest, jwks: buildJwks([{ kid: 'k', jwk }]) } as unknown as JsonObject;
    const documentDigest = await clientMetadataDigest(core);
    await world.publish({ core, jwt: await world.issue({ documentDigest }) });
    const { entry } = await trial.judge();
    expect(JSON.parse(entry?.seen?.document ?? '')).toMatchObject({ jwks: [thumbprint] });
  });
});

describe('a decision', () => {
  const scopes = [
    ['the client', 'https://id.acme.com/a/billing-bot/client.json'],
    ['its host', 'id.acme.com'],
    ['its issuer', 'did:web:id.acme.com'],
  ] as const;

  it.each(scopes)('that blocks %s refuses it, whether the policy asks or not', async (_, name) => {
    for (const approval of ['required', 'none', undefined] as const) {
      const { judge, decide } = await startTrial(approval);
      await decide({ name, state: 'blocked' });
      const { reason, line } = await judge();
      expect([reason, line]).toEqual(['rejected client-blocked', ['fail', { blockedBy: name }]]);
    }
  });

  it.each(scopes.slice(1))(
    'that allows %s lets its clients pass, whatever their document',
    async (_, name) => {
      const trial = await startTrial();
      await trial.decide({ name, state: 'allowed' });
      expect((await trial.judge()).line).toEqual(['pass', { allowedBy: name }]);
      await change(trial, { client_name: 'Payroll Bot' });
      expect((await trial.judge()).reason).toBe('accepted null');
    },
  );

  it.each([
    ['id.acme.com', 'did:web:id.acme.com'],
    ['did:web:id.acme.com', 'id.acme.com'],
  ])('that blocks %s wins over one that allows %s', async (blocked, allowed) => {
    const { judge, decide } = await startTrial();
    const digest = (await judge()).entry?.seen?.digest;
    await decide({ state: 'allowed', digest });
    await decide({ name: allowed, state: 'allowed' });
    await decide({ name: blocked, state: 'blocked' });
    expect((await judge()).reason).toBe('rejected client-blocked');
  });

  it('about the client is the more specific one: its document is held to what was approved', async () => {
    const trial = await startTrial();
    const digest = (await trial.judge()).entry?.seen?.digest;
    await trial.decide({ state: 'allowed', digest });
    await trial.decide({ name: 'id.acme.com', state: 'allowed' });
    await change(trial, { client_name: 'Payroll Bot' });
    expect((await trial.judge()).line).toEqual(['fail', { approval: 'changed', recorded: true }]);
  });

  it('that is forgotten has the client wait again, and is remembered', async () => {
    const { judge, decide } = await startTrial();
    const digest = (await judge()).entry?.seen?.digest;
    await decide({ state: 'allowed', digest });
    expect(await decide({ state: 'forgotten', reason: 'gone' })).toBe('forgotten');
    const { reason, entry } = await judge();
    expect(reason).toBe(waiting);
    expect(entry).toMatchObject({
      approved: null,
      decision: { state: 'forgotten', reason: 'gone', by: by.by, at: by.at },
      history: [{ state: 'allowed', digest }],
    });
    expect(entry && stateOf(entry)).toBe('pending');
  });

  it('blocks a facet on its own too', async () => {
    const { world, decide, approvals } = await startTrial();
    const options = world.options({ ...trustingFacets(world.policy), approval: 'required' });
    const verifier = createVerifier({ ...options, approvals });
    const facet = await world.issueFacet();
    expect(await verifier.verifyCredential(facet)).toMatchObject({ outcome: 'accepted' });
    await decide({ name: 'id.acme.com', state: 'blocked' });
    expect(await verifier.verifyCredential(facet)).toMatchObject({ reason: 'client-blocked' });
  });

  it.each<[string, Partial<DecisionOrder> & Pick<DecisionOrder, 'state'>, string]>([
    ['a document that nobody presented', { state: 'allowed', digest: 'x' }, 'approval-unseen'],
    ['a client without its document', { state: 'allowed' }, 'approval-digest'],
    ['a host with a document', { name: 'a.com', state: 'allowed', digest: 'x' }, 'approval-digest'],
    ['a block with a document', { state: 'blocked', digest: 'x' }, 'approval-digest'],
    ['nothing', { name: '*.acme.com', state: 'blocked' }, 'approval-name'],
    ['what is not there', { name: 'a.com', state: 'forgotten' }, 'approval-unknown'],
  ])('is not one about %s', async (_, order, rule) => {
    const { decide, approvals } = await startTrial();
    expect(await decide(order)).toBe(rule);
    expect(await approvals.all()).toEqual([]);
  });

  it('leaves twenty earlier ones', async () => {
    const { decide, approvals } = await startTrial();
    for (let at = 0; at < 25; at += 1) {
      await decide({ name: 'a.com', state: 'blocked', reason: `${at}` });
    }
    const [entry] = await approvals.all();
    expect(entry?.decision?.reason).toBe('24');
    expect(entry?.history.map(({ reason }) => reason)).toEqual(
      Array.from({ length: 20 }, (_, index) => String(23 - index)),
    );
  });
});

describe('without approval in the policy', () => {
  it('a client passes, nothing is recorded, and the report says why', async () => {
    const { judge, approvals } = await startTrial('none');
    const { reason, line } = await judge();
    expect(reason).toBe('accepted null');
    expect(line).toEqual(['skipped', { because: 'the policy asks for no approval' }]);
    expect(await approvals.all()).toEqual([]);
  });

  it('a document that changed since it was approved is a warning, and is recorded', async () => {
    const store = createMemoryApprovals();
    const asking = await startTrial('required', store);
    const digest = (await asking.judge()).entry?.seen?.digest;
    await asking.decide({ state: 'allowed', digest });
    const trial = await startTrial('none', store);
    await change(trial, { client_name: 'Payroll Bot' });
    const { reason, line } = await trial.judge();
    expect([reason, line]).toEqual([
      'accepted null',
      ['warn', { approval: 'changed', recorded: true }],
    ]);
  });
});

describe('a store that cannot be read', () => {
  const memory = createMemoryApprovals();
  const silent = new Promise<never>(() => undefined);

  it.each<[string, ApprovalStore['find']]>([
    [
      'throws',
      () => {
        throw new Error('secret');
      },
    ],
    ['rejects', () => Promise.reject(new Error('secret'))],
    ['gives rubbish', () => 5 as unknown as []],
    ['never answers', () => silent],
  ])('leaves the verdict undetermined: it %s', { timeout: 10_000 }, async (_, find) => {
    const world = await createPaperWorld();
    const approvals = { ...memory, find };
    const verifier = createVerifier({ ...world.options(), approvals });
    const verdict = await verifier.verifyClient(world.clientId);
    expect(verdict).toMatchObject({ outcome: 'undetermined', reason: 'policy-not-met' });
    expect(JSON.stringify(verdict)).not.toContain('secret');
  });

  it('but only not written to refuses who waits, and says that it was not recorded', async () => {
    const update = () => Promise.reject(new Error('disk full'));
    const { judge } = await startTrial('required', { ...memory, update });
    expect((await judge()).line).toEqual(['fail', { approval: 'pending', recorded: false }]);
  });
});

describe('the policy member', () => {
  it.each(['yes', true, null, ''])('is not %j', (approval) => {
    const parsed = parseTrustPolicy({ mode: 'enforce', trust: [], approval });
    expect(parsed).toMatchObject({
      ok: false,
      faults: [{ pointer: '/approval', detail: 'must be "required" or "none"' }],
    });
  });

  it('needs a store, at the start and when the policy is replaced', async () => {
    const world = await createPaperWorld();
    const policy = { ...world.policy, approval: 'required' } as const;
    expect(() => createVerifier(world.options(policy))).toThrow(
      'createVerifier: policy/approval asks for approval, and no store of approvals was given',
    );
    const verifier = createVerifier(world.options());
    expect(verifier.replacePolicy(policy)).toMatchObject({ ok: false });
  });

  it.each([null, {}, { find: 1, all: 2, update: 3 }])(
    'with a store that is %j throws',
    async (approvals) => {
      const world = await createPaperWorld();
      const options = { ...world.options(), approvals } as unknown as VerifierOptions;
      expect(() => createVerifier(options)).toThrow(
        'approvals must have find, all and update, such as createMemoryApprovals()',
      );
    },
  );
});

describe('the changes of a document', () => {
  const seen = (document: object, keys: readonly string[]) => ({
    ...{ digest: 'd', seenAt: '2026-11-20T12:00:00Z', issuer: 'did:web:id.acme.com' },
    ...{ document: JSON.stringify(document), keys },
  });

  it('are shown member by member, and keys by thumbprint', async () => {
    const key = await createKey();
    const before = seen(
      { client_name: 'A', redirect_uris: ['x'], tos_uri: 't', same: { a: 1, b: 2 } },
      ['k1'],
    );
    const after = seen(
      { client_name: 'B', redirect_uris: ['x', 'y'], logo_uri: 'l', same: { b: 2, a: 1 } },
      ['k1', key.thumbprint],
    );
    expect(changesBetween(before, after)).toEqual({
      members: [
        { member: 'client_name', before: 'A', after: 'B' },
        { member: 'logo_uri', after: 'l' },
        { member: 'redirect_uris', before: ['x'], after: ['x', 'y'] },
        { member: 'tos_uri', before: 't' },
      ],
      keys: { added: [key.thumbprint], removed: [] },
    });
  });

  it('of a document that nobody approved before are all of it', () => {
    expect(changesBetween(null, seen({ client_name: 'A' }, ['k1']))).toEqual({
      members: [{ member: 'client_name', after: 'A' }],
      keys: { added: ['k1'], removed: [] },
    });
  });
});

it.each([
  ['https://id.acme.com/a/bot/client.json', 'client'],
  ['http://localhost:3000/a/bot/client.json', 'client'],
  ['https://id.acme.com', undefined],
  ['https://id.acme.com/a/../b', undefined],
  ['id.acme.com', 'host'],
  ['id.acme.com:8443', 'host'],
  ['id.acme.com:443', undefined],
  ['id.acme.com:', undefined],
  ['ID.acme.com', undefined],
  ['127.0.0.1', undefined],
  ['did:web:id.acme.com', 'issuer'],
  ['did:key:z6Mk', undefined],
  ['', undefined],
])('%s names: %s', (name, kind) => {
  expect(kindOfName(name)).toBe(kind);
});
