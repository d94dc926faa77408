import { describe, expect, it, test } from 'vitest';
import type { AllowedAction } from '../../src/protocol/allowed-actions-claims.ts';
import {
  type AuthorizationDetail,
  copyAuthorizationDetails,
  isAuthorizationDetail,
  partDetails,
} from '../../src/protocol/authorization-details.ts';
import type { ScopedAction } from '../../src/protocol/scope.ts';
import type { JsonObject } from '../../src/protocol/strict-json.ts';

function allow(...authorizationDetails: readonly JsonObject[]): AllowedAction {
  return { action: 'use', resource: 'bank', authorizationDetails };
}

function part(
  requested: AuthorizationDetail | readonly AuthorizationDetail[],
  permitted: JsonObject | readonly JsonObject[],
  denied: readonly ScopedAction[] = [],
) {
  const actions = [allow(...(Array.isArray(permitted) ? permitted : [permitted]))];
  const details = Array.isArray(requested) ? requested : [requested];
  return partDetails(details, { actions, denied });
}

function named(prefix: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `${prefix}${at}`);
}

const accounts = {
  type: 'account',
  actions: ['list', 'read'],
  locations: ['https://a.bank', 'https://b.bank'],
};

describe('a request for authorization details', () => {
  it('is granted as it stands when the papers say the same', () => {
    expect(part(accounts, accounts)).toEqual({ granted: [accounts], withheld: [] });
  });

  it('is granted with the entries that both have, and the rest is withheld by name', () => {
    const asked = { type: 'account', actions: ['pay', 'read'], locations: ['https://a.bank'] };
    expect(part(asked, accounts)).toEqual({
      granted: [{ type: 'account', actions: ['read'], locations: ['https://a.bank'] }],
      withheld: [{ type: 'account', actions: ['pay'], locations: ['https://a.bank'] }],
    });
  });

  it('has every combination counted that is withheld, and none that is granted', () => {
    const asked = { type: 'account', actions: ['read', 'pay'], locations: ['https://a.bank', 'x'] };
    expect(part(asked, accounts)).toEqual({
      granted: [{ type: 'account', actions: ['read'], locations: ['https://a.bank'] }],
      withheld: [
        { type: 'account', actions: ['read', 'pay'], locations: ['x'] },
        { type: 'account', actions: ['pay'], locations: ['https://a.bank'] },
      ],
    });
  });

  it('is narrowed in what it leaves open', () => {
    expect(part({ type: 'account' }, { ...accounts, limit: 5 })).toEqual({
      granted: [{ ...accounts, limit: 5 }],
      withheld: [],
    });
  });

  it('is not permitted in what the papers leave out', () => {
    expect(part(accounts, { type: 'account', actions: ['list', 'read'] })).toEqual({
      granted: [],
      withheld: [accounts],
    });
    const limited = { type: 'account', limit: 5 };
    expect(part(limited, { type: 'account' })).toEqual({ granted: [], withheld: [limited] });
  });

  it.each<[JsonObject, JsonObject, boolean]>([
    [{ limit: 5 }, { limit: 5 }, true],
    [{ limit: 5 }, { limit: 6 }, false],
    [{ limit: 5 }, { limit: '5' }, false],
    [{ nested: { a: 1, b: [2, null] } }, { nested: { b: [2, null], a: 1 } }, true],
    [{ nested: { a: 1, b: [2, null] } }, { nested: { b: [null, 2], a: 1 } }, false],
    [{ nested: { a: 1 } }, { nested: { a: 1, b: 2 } }, false],
    [{ identifier: 'x' }, { identifier: 'x' }, true],
    [{ identifier: 'x' }, { identifier: 'xy' }, false],
    [{ flag: false }, { flag: null }, false],
    [{ flag: null }, {}, false],
    [{ list: ['a'] }, { list: ['a', 'b'] }, false],
  ])('has %j compared with %j as a whole', (asked, permitted, same) => {
    const { granted } = part({ type: 't', ...asked }, { type: 't', ...permitted });
    expect(granted).toHaveLength(same ? 1 : 0);
  });

  it.each(['actions', 'locations', 'datatypes', 'privileges'])('has %s as a set', (member) => {
    const asked = { type: 't', [member]: ['b', 'a', 'b', 'c'] };
    expect(part(asked, { type: 't', [member]: ['a', 'd', 'b'] })).toEqual({
      granted: [{ type: 't', [member]: ['b', 'a'] }],
      withheld: [{ type: 't', [member]: ['c'] }],
    });
  });

  it.each<[string, JsonObject]>([
    ['an empty set', { actions: [] }],
    ['a set that is a text', { actions: 'read' }],
    ['a set of other than texts', { actions: ['read', 7] }],
    ['a set that is null', { locations: null }],
    ['a set that is an object', { privileges: { admin: true } }],
  ])('is withheld as a whole for %s', (_name, members) => {
    const asked = { type: 'account', ...members };
    expect(part(asked, accounts)).toEqual({ granted: [], withheld: [asked] });
    const same = part(asked, { ...accounts, ...members });
    expect(same).toEqual({ granted: [], withheld: [asked] });
  });

  it('is permitted by several details together, each in full', () => {
    const permitted = [
      { type: 'account', actions: ['read'], locations: ['https://a.bank'] },
      { type: 'account', actions: ['pay'], locations: ['https://b.bank'] },
    ];
    const asked = { ...accounts, actions: ['read', 'pay'] };
    expect(part(asked, permitted)).toEqual({
      granted: permitted,
      withheld: [
        { type: 'account', actions: ['read'], locations: ['https://b.bank'] },
        { type: 'account', actions: ['pay'], locations: ['https://a.bank'] },
      ],
    });
  });

  it('is granted once, however many details permit the same', () => {
    expect(part({ type: 'ping' }, [{ type: 'ping' }, { type: 'ping' }])).toEqual({
      granted: [{ type: 'ping' }],
      withheld: [],
    });
  });

  it('has what several details permit joined where they differ in one set', () => {
    const permitted = [
      { type: 'account', locations: ['https://a.bank'], actions: ['read', 'list'] },
      { type: 'account', actions: ['list', 'read'], locations: ['https://b.bank'] },
    ];
    expect(part({ type: 'account' }, permitted).granted).toEqual([
      { ...accounts, actions: ['read', 'list'] },
    ]);
  });

  it('keeps a detail without a set apart from one that names it', () => {
    const open = { type: 'account' };
    const closed = { type: 'account', locations: ['https://a.bank'] };
    expect(part(open, [open, closed]).granted).toEqual([open, closed]);
    expect(part(open, [closed, open]).granted).toEqual([closed, open]);
  });

  it('keeps details apart that differ in anything else', () => {
    const permitted = [
      { type: 'account', actions: ['read'], limit: 5 },
      { type: 'account', actions: ['list'], limit: 6 },
    ];
    expect(part({ type: 'account' }, permitted).granted).toEqual(permitted);
  });

  it('is answered detail by detail, in order, each on its own', () => {
    const asked = [
      { type: 'payment' },
      { type: 'account', actions: ['read'] },
      { type: 'account' },
    ];
    expect(part(asked, accounts)).toEqual({
      granted: [{ ...accounts, actions: ['read'] }, accounts],
      withheld: [{ type: 'payment' }],
    });
  });

  it('is for one type exactly', () => {
    for (const type of ['Account', 'account ', 'accounts', 'https://x/account']) {
      expect(part({ type }, accounts)).toEqual({ granted: [], withheld: [{ type }] });
    }
  });

  it('is withheld when the papers have no details for it', () => {
    const papers = { actions: [{ action: 'use', resource: 'bank' }], denied: [] };
    expect(partDetails([accounts], papers)).toEqual({ granted: [], withheld: [accounts] });
  });
});

describe('what is denied wins', () => {
  const read = { type: 'logs', actions: ['read', 'tail'], locations: ['prod', 'pii'] };
  const deny = (action: string, resource: string) => [{ action, resource }];

  it.each<[string, readonly ScopedAction[], readonly JsonObject[]]>([
    ['the action itself, and with it all its details', deny('use', 'bank'), []],
    ['the action itself, in other parts of the same scope', deny('use:bank', ''), [read]],
    ['its action on a location', deny('use', 'pii'), [{ ...read, locations: ['prod'] }]],
    [
      'an action of the detail on a location',
      deny('read', 'pii'),
      [
        { type: 'logs', actions: ['tail', 'read'], locations: ['prod'] },
        { type: 'logs', actions: ['tail'], locations: ['pii'] },
      ],
    ],
    ['an action on another resource', deny('read', 'pi'), [read]],
    ['another action on a location', deny('write', 'pii'), [read]],
    ['every location', [...deny('use', 'pii'), ...deny('use', 'prod')], []],
  ])('for %s', (_name, denied, granted) => {
    const parted = part({ type: 'logs' }, read, denied);
    expect(combinationsOf(parted.granted)).toEqual(combinationsOf(granted));
  });

  it('for a denial whose parts join to the same scope', () => {
    const actions = [{ ...allow({ type: 't' }), action: 'read:logs', resource: 'pii' }];
    const denied = deny('read', 'logs:pii');
    expect(partDetails([{ type: 't' }], { actions, denied }).granted).toEqual([]);
  });

  it('for datatypes and for an identifier', () => {
    const detail = { type: 'logs', datatypes: ['pii', 'metrics'] };
    expect(part({ type: 'logs' }, detail, deny('use', 'pii')).granted).toEqual([
      { type: 'logs', datatypes: ['metrics'] },
    ]);
    const one = { type: 'logs', identifier: 'pii' };
    expect(part({ type: 'logs' }, one, deny('use', 'pii')).granted).toEqual([]);
    expect(part({ type: 'logs' }, one, deny('use', 'prod')).granted).toEqual([one]);
  });

  it.each<[string, JsonObject, readonly ScopedAction[], readonly JsonObject[]]>([
    [
      'each of its actions on some location',
      { type: 'logs', actions: ['read'], locations: ['prod', 'pii'] },
      deny('read', 'pii'),
      [{ type: 'logs', actions: ['read'], locations: ['prod'] }],
    ],
    [
      'one of its actions on all locations',
      { type: 'logs', actions: ['read', 'tail'], locations: ['pii'] },
      deny('read', 'pii'),
      [{ type: 'logs', actions: ['tail'], locations: ['pii'] }],
    ],
    [
      'its only location',
      { type: 'logs', actions: ['read'], locations: ['pii'] },
      deny('use', 'pii'),
      [],
    ],
  ])('for %s, and leaves no empty set behind', (_name, permitted, denied, granted) => {
    expect(part({ type: 'logs' }, permitted, denied).granted).toEqual(granted);
  });

  it('and what it takes is withheld by name', () => {
    const asked = { type: 'logs', actions: ['read'], locations: ['prod', 'pii'] };
    expect(part(asked, read, deny('read', 'pii'))).toEqual({
      granted: [{ type: 'logs', actions: ['read'], locations: ['prod'] }],
      withheld: [{ type: 'logs', actions: ['read'], locations: ['pii'] }],
    });
  });
});

/** Details as the combinations that they stand for, in an order of their own. */
function combinationsOf(details: readonly JsonObject[]): readonly string[] {
  const combinations = details.flatMap((detail) =>
    entriesOf(detail, 'actions').flatMap((action) =>
      entriesOf(detail, 'locations').map((location) => `${action} ${location}`),
    ),
  );
  return combinations.sort();
}

function entriesOf(detail: JsonObject, member: string): readonly string[] {
  const entries = detail[member];
  return Array.isArray(entries) ? entries.map(String) : ['-'];
}

describe('a request beyond all bounds', () => {
  it('is withheld as a whole when it has more than 64 details', () => {
    const asked = Array.from({ length: 65 }, () => accounts);
    expect(part(asked, accounts)).toEqual({ granted: [], withheld: asked });
    expect(part(asked.slice(1), accounts).granted).toHaveLength(64);
  });

  it('has the detail withheld that goes beyond 1,024 combinations in the whole request', () => {
    const wide = { type: 't', actions: named('a', 32), locations: named('l', 32) };
    expect(part(wide, wide)).toEqual({ granted: [wide], withheld: [] });
    const wider = { ...wide, locations: named('l', 33) };
    expect(part(wider, wider)).toEqual({ granted: [], withheld: [wider] });
    expect(part([wide, { type: 't' }], wide)).toEqual({
      granted: [wide],
      withheld: [{ type: 't' }],
    });
  });

  it('is not looked for beyond 1,024 permitted details of its type', () => {
    const permitted = Array.from({ length: 1_025 }, (_, limit) => ({ type: 't', limit }));
    expect(part({ type: 't', limit: 1_023 }, permitted).granted).toHaveLength(1);
    expect(part({ type: 't', limit: 1_024 }, permitted).granted).toEqual([]);
    const others = permitted.map((detail) => ({ ...detail, type: 'other' }));
    const last = { type: 't', limit: 1_024 };
    expect(part(last, [...others, last]).granted).toEqual([last]);
  });
});

describe('names that every object inherits', () => {
  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'])(
    '%s is a member like any other',
    (name) => {
      const withMember = (value: string): AuthorizationDetail =>
        JSON.parse(`{"type":"t","${name}":${value}}`);
      const plain = { type: 't' };
      for (const value of ['{"limit":5}', '"x"', 'null']) {
        const asked = withMember(value);
        const { granted, withheld } = part(asked, plain);
        expect(granted).toEqual([]);
        expect(JSON.stringify(withheld)).toBe(`[{"type":"t","${name}":${value}}]`);
        const both = part(asked, asked);
        expect(JSON.stringify(both.granted)).toBe(`[{"type":"t","${name}":${value}}]`);
        expect(both.withheld).toEqual([]);
      }
      expect(part(plain, withMember('"x"')).granted).toHaveLength(1);
      expect(Object.hasOwn(Object.prototype, 'limit')).toBe(false);
    },
  );
});

describe('isAuthorizationDetail', () => {
  it.each([null, undefined, 7, 'account', [], [{ type: 'x' }], {}, { type: '' }, { type: 7 }])(
    'is not %j',
    (value) => {
      expect(isAuthorizationDetail(value)).toBe(false);
    },
  );

  it('is any object with a type', () => {
    expect(isAuthorizationDetail({ type: 'x', other: null })).toBe(true);
  });
});

describe('copyAuthorizationDetails', () => {
  const unreadable = { type: '' };

  it('copies to the depths, so that nothing changes afterwards', () => {
    const entry = { type: 'x', nested: { list: [1, true, null] } };
    const [copy] = copyAuthorizationDetails([entry]);
    entry.nested.list.push(2);
    expect(copy).toEqual({ type: 'x', nested: { list: [1, true, null] } });
  });

  it('has the numbers as JSON text has them', () => {
    expect(copyAuthorizationDetails([{ type: 'x', limits: [-0, -1.5] }])).toEqual([
      { type: 'x', limits: [0, -1.5] },
    ]);
  });

  it('takes nothing for nothing', () => {
    expect(copyAuthorizationDetails(undefined)).toEqual([]);
    expect(copyAuthorizationDetails([])).toEqual([]);
  });

  it.each([null, 'x', '[{"type":"x"}]', 7, {}, { type: 'x' }, { length: 1, 0: { type: 'x' } }])(
    'has one entry that is none for %j',
    (input) => {
      expect(copyAuthorizationDetails(input)).toEqual([unreadable]);
    },
  );

  const cyclic: { type: string; self?: unknown } = { type: 'x' };
  cyclic.self = cyclic;
  const fanning: unknown[] = [];
  fanning.push(fanning, fanning);
  const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)]);

  it.each<[string, unknown]>([
    ['null', null],
    ['a text', '{"type":"x"}'],
    ['an array', [{ type: 'x' }]],
    ['a cycle', cyclic],
    ['a cycle that fans out', { type: 'x', fanning }],
    ['what is nested too deep', { type: 'x', deep: deep(40) }],
    ['a bigint', { type: 'x', limit: 5n }],
    ['a number that is none', { type: 'x', limit: Number.NaN }],
    ['a function', { type: 'x', limit: () => 5 }],
    ['a symbol', Symbol('x')],
    ['an array with a gap', { type: 'x', list: Object.assign([1], { 2: 2 }) }],
    ['an array with undefined', { type: 'x', list: [undefined] }],
  ])('has nothing left of %s', (_name, entry) => {
    expect(copyAuthorizationDetails([entry, { type: 'y' }])).toEqual([unreadable, { type: 'y' }]);
  });

  it.each<[string, JsonObject, JsonObject]>([
    ['no type', { actions: ['read'] }, { actions: ['read'], type: '' }],
    ['an empty type', { type: '', limit: 1 }, { type: '', limit: 1 }],
    ['a type that is no text', { type: 7 }, { type: '' }],
  ])('keeps what has %s, with a type that nobody permits', (_name, entry, copy) => {
    expect(copyAuthorizationDetails([entry])).toEqual([copy]);
    expect(part([copy as AuthorizationDetail], { type: '' }).granted).toEqual([]);
  });

  it('leaves out members that are undefined, as JSON does', () => {
    expect(copyAuthorizationDetails([{ type: 'x', limit: undefined }])).toEqual([{ type: 'x' }]);
  });

  it('throws for nothing: neither getters nor proxies', () => {
    const thrower = {
      get type(): string {
        throw new Error('no');
      },
    };
    const { proxy, revoke } = Proxy.revocable([{ type: 'x' }], {});
    revoke();
    expect(copyAuthorizationDetails([thrower])).toEqual([unreadable]);
    expect(copyAuthorizationDetails(proxy)).toEqual([unreadable]);
    expect(copyAuthorizationDetails(new Array(4_294_967_295))).toEqual([unreadable]);
  });

  it('reads each value once: what changes on the second look is what was there at the first', () => {
    let looks = 0;
    const fickle = {
      get type() {
        looks += 1;
        return looks === 1 ? 'x' : 'admin';
      },
    };
    expect(copyAuthorizationDetails([fickle])).toEqual([{ type: 'x' }]);
    expect(looks).toBe(1);
  });

  it('reads what is nested 32 levels deep, and no deeper', () => {
    const nested = (levels: number) => {
      let value: JsonObject = { at: 'the bottom' };
      for (let level = 1; level < levels; level++) value = { a: value };
      return { ...value, type: 'x' };
    };
    expect(copyAuthorizationDetails([nested(32)])).toEqual([nested(32)]);
    expect(copyAuthorizationDetails([nested(33)])).toEqual([unreadable]);
  });

  it('takes 16,384 entries for a list, and more for no list', () => {
    expect(copyAuthorizationDetails(Array(16_384).fill(null))).toHaveLength(16_384);
    expect(copyAuthorizationDetails(Array(16_385).fill(null))).toEqual([unreadable]);
  });

  it('stops at 16,384 values in the whole request', () => {
    const entries = Array.from({ length: 10_000 }, () => ({ type: 'x' }));
    const copies = copyAuthorizationDetails(entries);
    expect(copies).toHaveLength(10_000);
    expect(copies.filter(({ type }) => type === 'x')).toHaveLength(8_192);
    expect(copies.at(-1)).toEqual(unreadable);
  });
});
