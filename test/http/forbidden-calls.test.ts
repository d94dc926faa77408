import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiRoutes, openRoutes } from '../../src/http/app.ts';
import type { Route } from '../../src/http/route.ts';
import { tokenScopes } from '../../src/organizations/api-token.ts';
import { type ApiWorld, startApiWorld, type Things } from '../support/api-world.ts';
import { exampleNames, exampleOf, messageOf, pathOf } from '../support/route-examples.ts';

let world: ApiWorld;
let things: Things;
let before: string;

beforeAll(async () => {
  world = await startApiWorld();
  things = await world.makeThings();
});

afterAll(() => world[Symbol.asyncDispose]());

interface Told {
  readonly status: number;
  readonly code: string;
  readonly text: string;
}

/** The call that its route would take, with a token that it should not take it from. */
async function call(route: Route, token: string): Promise<Told> {
  const { body, query } = messageOf(route, exampleOf(route, things));
  const path = pathOf(route, things) + query;
  const { status, text } = await world.ask(route.method, path, {
    token,
    ...(body === undefined ? {} : { body }),
  });
  const answer: { code?: string } = text === '' ? {} : JSON.parse(text);
  return { status, code: answer.code ?? '', text };
}

const lineOf = ({ method, path }: Pick<Route, 'method' | 'path'>) => `${method} ${path}`;
const named = apiRoutes.filter(({ path }) => path.includes(':target'));
const listings = apiRoutes.filter(({ method, path }) => method === 'GET' && !path.includes(':'));
const orders = apiRoutes.filter(({ method, path }) => method !== 'GET' && !path.includes(':'));

/** The names that nobody else may read. */
function secretsOf({ handle, credential, token, enrolment, workloadRule, rule, imported }: Things) {
  const ids = [credential, token, enrolment, workloadRule, rule, imported];
  return [`"${handle}"`, `/a/${handle}/`, ...ids];
}

test('every call has an example', () => {
  expect(exampleNames.toSorted()).toEqual([...apiRoutes, ...openRoutes].map(lineOf).toSorted());
});

describe.each(tokenScopes)('a token with the scope %s alone', (scope) => {
  const refused = apiRoutes.filter((route) => route.scope !== null && route.scope !== scope);
  const taken = apiRoutes.filter((route) => !refused.includes(route) && !route.forPlatform);

  test('is refused by every call of another scope, which changes nothing', async () => {
    const token = await world.grant({ scopes: [scope] });
    before = await world.state.read();
    for (const route of refused) {
      const { status, code } = await call(route, token);
      expect([lineOf(route), status, code]).toEqual([lineOf(route), 403, 'not-permitted']);
    }
    expect(await world.state.read()).toBe(before);
  });

  test('is refused by no call of its own', async () => {
    const token = await world.grant({ scopes: [scope] });
    expect(taken.length).toBeGreaterThan(0);
    for (const route of taken) {
      const path = route.path.replaceAll(/:\w+/g, 'no-such');
      const body = route.method === 'GET' || route.method === 'DELETE' ? {} : { body: '{}' };
      const { status } = await world.ask(route.method, path, { token, ...body });
      expect([lineOf(route), [401, 403].includes(status)]).toEqual([lineOf(route), false]);
    }
  });
});

describe.each(['team', 'agent'] as const)('a token for another %s', (kind) => {
  let narrow: string;

  beforeAll(async () => {
    const own = await world.makeThings();
    if (kind === 'agent') narrow = await world.grant({ agent: own.handle });
    else narrow = await world.grant({ team: 'logs' });
    before = await world.state.read();
  });

  test.each(named.map((route) => [lineOf(route), route] as const))(
    'finds nothing at %s',
    async (_, route) => {
      const { status, code } = await call(route, narrow);
      if (route.servesNarrowTokens) {
        expect([status, code]).toEqual([404, expect.stringMatching(/-not-found$/)]);
      } else expect([status, code]).toEqual([403, 'not-permitted']);
      expect(await world.state.read()).toBe(before);
    },
  );

  test.each(listings.map((route) => [lineOf(route), route] as const))(
    'reads nothing beyond its reach at %s',
    async (_, route) => {
      for (const { text } of [
        await call(route, narrow),
        await world.ask('GET', route.path, { token: narrow }),
      ]) {
        for (const secret of secretsOf(things)) expect(text).not.toContain(secret);
      }
    },
  );

  test.each(orders.map((route) => [lineOf(route), route] as const))(
    'changes nothing beyond its reach by %s',
    async (_, route) => {
      const { status } = await call(route, narrow);
      expect([lineOf(route), status]).toEqual([lineOf(route), allowedOrders[lineOf(route)] ?? 403]);
      expect(await world.state.read()).toBe(before);
    },
  );
});

/** A report is about anybody's papers; a manifest is answered agent by agent. */
const allowedOrders: Readonly<Record<string, number>> = { 'POST /verify': 200, 'POST /apply': 200 };
