import { describe, expect, it } from 'vitest';
import type { ScopedAction } from '../../src/protocol/scope.ts';
import type { JsonObject } from '../../src/protocol/strict-json.ts';
import { createVerifier } from '../../src/verifier/index.ts';
import type { AccessRequest } from '../../src/verifier/ports.ts';
import { ask, issueActions, scope } from './support/facet-world.ts';
import { createPaperWorld, type PaperWorld } from './support/paper-world.ts';
import { trustingFacets } from './support/tampering.ts';

const permitted = {
  type: 'tickets',
  actions: ['open', 'close'],
  locations: ['https://tickets.acme.com'],
};

function actionWith(...authorizationDetails: readonly JsonObject[]): ScopedAction {
  return Object.assign({ action: 'write', resource: 'tickets' }, { authorizationDetails });
}

/** A world in which one facet permits details of a scope that the passport names. */
async function createDetailedWorld(
  details: readonly JsonObject[] = [permitted],
  denied?: readonly ScopedAction[],
): Promise<PaperWorld> {
  const world = await createPaperWorld();
  const claims = { actions: [actionWith(...details)], ...(denied && { denied }) };
  await world.publishFacets([{ jwt: await issueActions(world, claims) }]);
  return world;
}

function asking(authorizationDetails: unknown): AccessRequest {
  return { authorizationDetails } as AccessRequest;
}

describe('authorization details', () => {
  it('are granted beside the scopes, after them, and so are they withheld', async () => {
    const world = await createDetailedWorld();
    const request = {
      scope: 'write:tickets admin:all',
      authorizationDetails: [{ type: 'tickets', actions: ['close', 'delete'] }, { type: 'money' }],
    };
    const { granted, withheld, report } = await ask(world, request);
    expect(granted).toEqual([
      'write:tickets',
      { type: 'tickets', actions: ['close'], locations: ['https://tickets.acme.com'] },
    ]);
    expect(withheld).toEqual([
      'admin:all',
      { type: 'tickets', actions: ['delete'] },
      { type: 'money' },
    ]);
    expect(report).toMatchObject({ granted, withheld });
    const line = report.checks.find(({ id }) => id === 'access.details');
    expect(line).toMatchObject({ outcome: 'warn', evidence: { granted: 1, withheld: 2 } });
  });

  it('are granted in full, and the report says so', async () => {
    const world = await createDetailedWorld();
    const { granted, withheld, report } = await ask(world, asking([permitted]));
    expect([granted, withheld]).toEqual([[permitted], []]);
    const line = report.checks.find(({ id }) => id === 'access.details');
    expect(line).toMatchObject({ outcome: 'pass', evidence: { granted: 1, withheld: 0 } });
  });

  it('are withheld as soon as the verdict is no', async () => {
    const world = await createDetailedWorld();
    await world.publishList({ purpose: 'suspension', set: [world.index] });
    const request = { scope: 'write:tickets', authorizationDetails: [permitted] };
    expect(await ask(world, request)).toMatchObject({
      outcome: 'rejected',
      granted: [],
      withheld: ['write:tickets', permitted],
    });
  });

  it('are not granted for a scope that the passport does not name', async () => {
    const world = await createDetailedWorld();
    await world.publish({ jwt: await world.issue({ authorizedScopes: ['read:tickets'] }) });
    expect(await ask(world, asking([permitted]))).toMatchObject({
      granted: [],
      withheld: [permitted],
    });
  });

  it.each<[string, readonly ScopedAction[], readonly JsonObject[]]>([
    ['the action itself', [{ action: 'write', resource: 'tickets' }], []],
    ['its only location', [{ action: 'write', resource: 'https://tickets.acme.com' }], []],
    [
      'one of its actions there',
      [{ action: 'close', resource: 'https://tickets.acme.com' }],
      [{ ...permitted, actions: ['open'] }],
    ],
    ['something else', [{ action: 'close', resource: 'https://tickets.acme.co' }], [permitted]],
  ])('have what the same facet denies taken out: %s', async (_name, denied, granted) => {
    const world = await createDetailedWorld([permitted], denied);
    expect((await ask(world, asking([{ type: 'tickets' }]))).granted).toEqual(granted);
  });

  it('have what another facet denies taken out, published or handed over', async () => {
    const world = await createPaperWorld();
    const denied = [{ action: 'close', resource: 'https://tickets.acme.com' }];
    const denier = await issueActions(world, { denied });
    const allowing = { jwt: await issueActions(world, { actions: [actionWith(permitted)] }) };
    const left = [{ ...permitted, actions: ['open'] }];
    await world.publishFacets([allowing, { jwt: denier }]);
    expect((await ask(world, asking([{ type: 'tickets' }]))).granted).toEqual(left);
    await world.publishFacets([allowing]);
    const request = { ...asking([{ type: 'tickets' }]), credentials: [denier] };
    expect((await ask(world, request)).granted).toEqual(left);
  });

  it('are not granted by a credential that is no facet, nor for one', async () => {
    const world = await createDetailedWorld();
    const verifier = createVerifier(world.options(trustingFacets(world.policy)));
    const jwt = await issueActions(world, { actions: [actionWith(permitted)] });
    expect(await verifier.verifyCredential(jwt, asking([permitted]))).toMatchObject({
      outcome: 'accepted',
      granted: [],
      withheld: [permitted],
    });
  });

  it('cannot be changed for the verifier through a verdict', async () => {
    const world = await createDetailedWorld([{ ...permitted, limit: { amount: 5 } }]);
    const verifier = createVerifier(world.options(trustingFacets(world.policy)));
    const first = await verifier.verifyClient(world.clientId, asking([{ type: 'tickets' }]));
    const [detail] = first.granted;
    const limit = (detail as JsonObject)['limit'];
    expect(limit).toEqual({ amount: 5 });
    expect(() => Object.assign(limit as object, { amount: 5_000 })).toThrow(TypeError);
  });
});

const cyclic: { type: string; self?: unknown } = { type: 'tickets' };
cyclic.self = cyclic;
const fan: unknown[] = [];
fan.push(fan, fan, fan);
const names = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, at) => `${prefix}${at}`);
const inherited = (name: string): JsonObject => JSON.parse(`{"type":"tickets","${name}":"x"}`);

describe('authorization details that are none are withheld, and nothing throws', () => {
  const none = { type: '' };
  it.each<[string, unknown, readonly JsonObject[]]>([
    ['null', null, [none]],
    ['a text', '[{"type":"tickets"}]', [none]],
    ['an object', { type: 'tickets' }, [none]],
    ['a number', 1, [none]],
    ['null entries', [null, undefined], [none, none]],
    ['entries that are texts', ['tickets'], [none]],
    ['entries that are arrays', [[{ type: 'tickets' }]], [none]],
    ['an entry without type', [{ actions: ['open'] }], [{ type: '', actions: ['open'] }]],
    ['a type that is no text', [{ type: ['tickets'] }], [none]],
    ['a cycle', [cyclic], [none]],
    ['a cycle that fans out', [{ type: 'tickets', fan }], [none]],
    ['a bigint', [{ type: 'tickets', limit: 1n }], [none]],
    ['an empty set', [{ type: 'tickets', actions: [] }], [{ type: 'tickets', actions: [] }]],
    [
      'a set of nulls',
      [{ type: 'tickets', actions: [null] }],
      [{ type: 'tickets', actions: [null] }],
    ],
    ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'then'].map(
      (name): [string, unknown, readonly JsonObject[]] => [
        `a member named ${name}`,
        [inherited(name)],
        [inherited(name)],
      ],
    ),
  ])('%s', async (_name, input, withheld) => {
    const world = await createDetailedWorld();
    const verdict = await ask(world, { ...asking(input), scope: 'write:tickets' });
    expect(verdict.outcome).toBe('accepted');
    expect(verdict.granted).toEqual(['write:tickets']);
    expect(verdict.withheld).toEqual(withheld);
    expect(JSON.parse(JSON.stringify(verdict.report.withheld))).toEqual(withheld);
    expect(Object.getPrototypeOf({})).not.toHaveProperty('x');
  });

  it.each<[string, JsonObject, number]>([
    ['10,000 entries', permitted, 10_000],
    ['65 entries', permitted, 65],
  ])('%s, each of them permitted', async (_name, entry, count) => {
    const world = await createDetailedWorld();
    const input = Array.from({ length: count }, () => entry);
    const { outcome, granted, withheld } = await ask(world, asking(input));
    expect([outcome, granted]).toEqual(['accepted', []]);
    expect(withheld).toHaveLength(count);
  });

  it('more than 1,024 combinations, each of them permitted', async () => {
    const wide = { type: 'tickets', actions: names('a', 33), locations: names('l', 32) };
    const world = await createDetailedWorld([wide]);
    const { granted, withheld } = await ask(world, asking([wide]));
    expect([granted, withheld]).toEqual([[], [wide]]);
    const narrower = { ...wide, actions: names('a', 32) };
    expect((await ask(world, asking([narrower]))).granted).toEqual([narrower]);
  });

  it('what changes while it is being looked at', async () => {
    const world = await createDetailedWorld();
    const details: JsonObject[] = [{ type: 'tickets', actions: ['open'] }];
    const verifier = createVerifier(world.options(trustingFacets(world.policy)));
    const pending = verifier.verifyClient(world.clientId, asking(details));
    details[0] = { type: 'tickets' };
    details.push({ type: 'admin' });
    const { granted, withheld } = await pending;
    expect(granted).toEqual([{ ...permitted, actions: ['open'] }]);
    expect(withheld).toEqual([]);
  });

  it('nor are they granted by an inspection', async () => {
    const world = await createDetailedWorld();
    const verdict = await ask(world, { ...asking([null]), scope });
    expect(verdict.granted).toEqual([]);
  });
});
