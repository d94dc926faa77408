import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AllowedAction } from '../../src/protocol/allowed-actions-claims.ts';
import {
  type AuthorizationDetail,
  copyAuthorizationDetails,
  isAuthorizationDetail,
  partDetails,
} from '../../src/protocol/authorization-details.ts';
import type { ScopedAction } from '../../src/protocol/scope.ts';
import type { JsonObject } from '../../src/protocol/strict-json.ts';
import { numRuns } from './runs.ts';

const sets = ['actions', 'locations', 'datatypes', 'privileges'];
const entries = ['read', 'pay', 'a.bank', 'b.bank'];
const set = fc.uniqueArray(fc.constantFrom(...entries), { minLength: 1, maxLength: 3 });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 });

const detail: fc.Arbitrary<AuthorizationDetail> = fc
  .record({
    type: fc.constantFrom('account', 'payment'),
    actions: maybe(set),
    locations: maybe(set),
    datatypes: maybe(set),
    identifier: maybe(fc.constantFrom(...entries)),
    limit: maybe(fc.constantFrom<number | JsonObject>(1, 2, { per: 'day', of: [1, 2] })),
    ['__proto__']: maybe(fc.constantFrom('x', 'y')),
    toString: maybe(fc.constantFrom('x', 'y')),
  })
  .map((members) => withoutUndefined(members));

const scoped = fc.record({
  action: fc.constantFrom('use', ...entries),
  resource: fc.constantFrom('bank', ...entries),
});
const allowed: fc.Arbitrary<AllowedAction> = fc
  .tuple(scoped, fc.array(detail, { maxLength: 3 }))
  .map(([action, authorizationDetails]) => ({ ...action, authorizationDetails }));
const question = fc.record({
  requested: fc.array(detail, { maxLength: 3 }),
  actions: fc.array(allowed, { maxLength: 3 }),
  denied: fc.array(scoped, { maxLength: 2 }),
});

function withoutUndefined(members: object): AuthorizationDetail {
  const present = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as AuthorizationDetail;
}

/** The combinations that a detail stands for, each a detail whose sets have one entry. */
function cellsOf(whole: AuthorizationDetail): readonly AuthorizationDetail[] {
  return sets.reduce<readonly AuthorizationDetail[]>(
    (cells, name) => {
      const texts = whole[name];
      return Array.isArray(texts)
        ? cells.flatMap((cell) => texts.map((text: string) => ({ ...cell, [name]: [text] })))
        : cells;
    },
    [whole],
  );
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))
      : inner,
  );
}

/** Whether one combination says everything that another says, and maybe more. */
function narrows(cell: AuthorizationDetail, wider: AuthorizationDetail): boolean {
  return Object.entries(wider).every(
    ([name, value]) => Object.hasOwn(cell, name) && textOf(cell[name]) === textOf(value),
  );
}

function isDenied(
  cell: AuthorizationDetail,
  { action, resource }: AllowedAction,
  denied: readonly ScopedAction[],
): boolean {
  const named = [cell['locations'], cell['datatypes'], cell['identifier']].flat();
  const done = [action, cell['actions']].flat();
  return denied.some(
    (one) =>
      (one.action === action && one.resource === resource) ||
      (done.includes(one.action) && named.includes(one.resource)),
  );
}

function permittedCells(actions: readonly AllowedAction[], denied: readonly ScopedAction[]) {
  return actions.flatMap((action) =>
    (action.authorizationDetails ?? [])
      .filter(isAuthorizationDetail)
      .flatMap(cellsOf)
      .filter((cell) => !isDenied(cell, action, denied)),
  );
}

test('what is granted is exactly what both the request and the papers say', () => {
  fc.assert(
    fc.property(question, ({ requested, actions, denied }) => {
      const { granted } = partDetails(requested, { actions, denied });
      const permitted = permittedCells(actions, denied);
      const expected = permitted.filter((cell) =>
        requested.flatMap(cellsOf).some((asked) => narrows(cell, asked)),
      );
      const got = granted.flatMap(cellsOf);
      expect(new Set(got.map(textOf))).toEqual(new Set(expected.map(textOf)));
    }),
    { numRuns },
  );
});

test('what is withheld is exactly the part of the request that nobody permits', () => {
  fc.assert(
    fc.property(question, ({ requested, actions, denied }) => {
      const { withheld } = partDetails(requested, { actions, denied });
      const permitted = permittedCells(actions, denied);
      const expected = requested
        .flatMap(cellsOf)
        .filter((asked) => !permitted.some((cell) => narrows(cell, asked)));
      const got = withheld.flatMap(cellsOf);
      expect(new Set(got.map(textOf))).toEqual(new Set(expected.map(textOf)));
    }),
    { numRuns },
  );
});

test('granted and withheld together cover the request, and do not overlap', () => {
  fc.assert(
    fc.property(question, ({ requested, actions, denied }) => {
      const { granted, withheld } = partDetails(requested, { actions, denied });
      const yes = granted.flatMap(cellsOf);
      const no = new Set(withheld.flatMap(cellsOf).map(textOf));
      for (const asked of requested.flatMap(cellsOf)) {
        expect(yes.some((cell) => narrows(cell, asked))).toBe(!no.has(textOf(asked)));
      }
    }),
    { numRuns },
  );
});

test('asking again for what was granted gives it all, and withholds nothing', () => {
  fc.assert(
    fc.property(question, ({ requested, actions, denied }) => {
      const { granted } = partDetails(requested, { actions, denied });
      const again = partDetails(granted, { actions, denied });
      expect(again.withheld).toEqual([]);
      const cells = (details: readonly AuthorizationDetail[]) =>
        new Set(details.flatMap(cellsOf).map(textOf));
      for (const cell of cells(granted)) expect(cells(again.granted)).toContain(cell);
    }),
    { numRuns },
  );
});

test('more denials never grant more', () => {
  fc.assert(
    fc.property(question, scoped, ({ requested, actions, denied }, further) => {
      const cells = (denials: readonly ScopedAction[]) =>
        partDetails(requested, { actions, denied: denials }).granted.flatMap(cellsOf).map(textOf);
      const before = new Set(cells(denied));
      for (const cell of cells([...denied, further])) expect(before).toContain(cell);
    }),
    { numRuns },
  );
});

test('whatever a request has for details becomes details that JSON can say', () => {
  const anything = fc.anything({
    withBigInt: true,
    withSparseArray: true,
    withNullPrototype: true,
  });
  fc.assert(
    fc.property(fc.oneof(anything, fc.array(anything)), (input) => {
      const copies = copyAuthorizationDetails(input);
      expect(JSON.parse(JSON.stringify(copies))).toEqual(copies);
      expect(copies.every(({ type }) => typeof type === 'string')).toBe(true);
      const { granted, withheld } = partDetails(copies, { actions: [], denied: [] });
      expect(granted).toEqual([]);
      expect(withheld).toHaveLength(copies.length);
      if (input !== undefined) {
        expect(copies).toHaveLength(Array.isArray(input) ? input.length : 1);
      }
    }),
    { numRuns },
  );
});
