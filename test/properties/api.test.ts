import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiRoutes, openRoutes } from '../../src/http/app.ts';
import { problems } from '../../src/http/problems.ts';
import type { JsonObject, JsonValue } from '../../src/protocol/strict-json.ts';
import {
  type ApiWorld,
  startApiWorld,
  type TextAnswer,
  type Things,
} from '../support/api-world.ts';
import { exampleOf, messageOf, pathOf } from '../support/route-examples.ts';
import { numRuns } from './runs.ts';

/** Each run is several statements on a real database, which grows as it goes. */
const runs = Math.min(Math.ceil(numRuns / 10), 600);
const deadlineMs = Math.max(60_000, runs * 400);
const everyRoute = [...apiRoutes, ...openRoutes];
/** Beyond that, Node.js refuses the request line before it is ours. */
const mostTargetLength = 12_000;

let world: ApiWorld;
let things: Things;

beforeAll(async () => {
  world = await startApiWorld();
  things = await world.makeThings();
});

afterAll(() => world[Symbol.asyncDispose]());

const serverOwned = fc.constantFrom(
  ...['id', 'state', 'organizationId', 'orgId', 'createdAt', 'did', 'clientId', 'agentId'],
  ...['constructor', 'prototype', 'toString', 'hasOwnProperty', 'hash', 'scope', 'then', 'toJSON'],
);
const oddText = fc.oneof(
  fc.constantFrom('', ' ', '\0', 'a\0b', 'a\r\nSet-Cookie: x=1', '\u001b[2J', 'a\u202eb', '\ufeff'),
  fc.constantFrom("' OR 1=1 --", '"; DROP TABLE agents; --', '$.a[*]', '%', '%25', '\\', '../..'),
  fc.constantFrom('\ud800', 'a\udfff', '\u2028', 'javascript:alert(1)', '<img src=x onerror=x>'),
  fc.constantFrom('-infinity', '9999-12-31T23:59:59Z', '0000-01-01T00:00:00Z', 'P9999999Y', '-1'),
  fc.constantFrom('9999-12-31T23:59:59-14:00', '0001-01-01T00:00:00+14:00', '24:00:00', '+010000'),
  fc.constantFrom('2026-11-20T12:00:00.999999999999Z', '1e400', 'null', 'did:web:', 'https://'),
  fc.integer({ min: 100, max: 100_000 }).map((length) => 'x'.repeat(length)),
  fc.string({ unit: 'binary', maxLength: 40 }),
);
const oddNumber = fc.constantFrom(0, -1, 1.5, 1e308, -0, 2 ** 31, 2 ** 53, 5e-324);
const { odd } = fc.letrec<{ odd: unknown }>((tie) => ({
  odd: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false),
    oddNumber,
    oddText,
    fc.array(tie('odd'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(serverOwned, oddText), tie('odd'), {
      maxKeys: 3,
      noNullPrototype: true,
    }),
  ),
}));
const deep = fc
  .integer({ min: 10, max: 400 })
  .map((depth) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`)
  .map((text) => JSON.parse(text) as JsonValue);

/** One change of a place in an input; the place is a number taken modulo those there are. */
const changes = fc.oneof(
  { weight: 3, arbitrary: fc.record({ at: fc.nat(), value: fc.oneof(odd, deep) }) },
  { weight: 1, arbitrary: fc.record({ at: fc.nat(), remove: fc.constant(true) }) },
  { weight: 1, arbitrary: fc.record({ at: fc.nat(), rename: fc.oneof(serverOwned, oddText) }) },
  { weight: 2, arbitrary: fc.record({ at: fc.nat(), add: serverOwned, value: odd }) },
);

type Change =
  | { readonly at: number; readonly value: unknown }
  | { readonly at: number; readonly remove: boolean }
  | { readonly at: number; readonly rename: string }
  | { readonly at: number; readonly add: string; readonly value: unknown };
type Holder = Record<string, unknown>;

const isHolder = (value: unknown): value is Holder => typeof value === 'object' && value !== null;

/** Every member of every object and list in it, and where it hangs. */
function placesIn(holder: Holder): readonly (readonly [Holder, string])[] {
  return Object.entries(holder).flatMap(([name, value]) => [
    [holder, name] as const,
    ...(isHolder(value) ? placesIn(value) : []),
  ]);
}

function changed(input: JsonObject, orders: readonly Change[]): JsonObject {
  const copy: Holder = structuredClone(input);
  for (const order of orders) {
    const places = placesIn(copy);
    const [holder, name] = places[order.at % Math.max(1, places.length)] ?? [copy, 'reason'];
    if ('add' in order) {
      const value = holder[name];
      const into = isHolder(value) && !Array.isArray(value) ? value : copy;
      into[order.add] = structuredClone(order.value);
    } else if ('rename' in order) {
      copy[order.rename] = holder[name];
      delete holder[name];
    } else if ('remove' in order) delete holder[name];
    else holder[name] = structuredClone(order.value);
  }
  return copy as JsonObject;
}

const codes: Readonly<Record<string, { readonly status: number } | undefined>> = problems;
/** What an answer would show of the inside. */
const inside =
  /prisma|\bat .+\.[jt]s\b|node_modules|SELECT |INSERT |constraint|stack|ECONN|P20\d\d/;

/** A refusal in the words of problems.ts, which says nothing of the inside. */
function checkProblem({ status, type, text }: TextAnswer): void {
  expect(type).toBe('application/problem+json');
  const problem = JSON.parse(text);
  expect(codes[problem.code]?.status).toBe(status);
  expect(problem).toMatchObject({ status, title: expect.any(String), fix: expect.any(String) });
  expect(problem.type).toBe(`${world.url}/problems/${problem.code}`);
  expect(problem.instance).toMatch(/^urn:uuid:/);
  expect(`${problem.title} ${problem.code}`).not.toMatch(/[\p{Cc}\u2028\u202e]/u);
  expect(JSON.stringify([problem.detail, problem.fix])).not.toMatch(inside);
}

/** What the world around us is not there for; everything else that fails is our fault. */
const outages: ReadonlySet<string> = new Set(['import-undetermined', 'issuer-unavailable']);

async function checkCall(
  method: string,
  path: string,
  options: { readonly body?: string; readonly token?: null },
): Promise<void> {
  world.clock.moveBy(1_000);
  const before = await world.state.read();
  const answer = await world.ask(method, path, options);
  if (answer.status < 400) {
    // It was in order after all: what it used up is made anew.
    if (method !== 'GET') things = await world.makeThings();
    return;
  }
  checkProblem(answer);
  if (answer.status >= 500) expect(outages.has(JSON.parse(answer.text).code)).toBe(true);
  expect(await world.state.read()).toBe(before);
}

/** Routes that say in a report which they are. */
function pickedFrom<Picked extends { readonly method: string; readonly path: string }>(
  routes: readonly Picked[],
) {
  return fc.constantFrom(
    ...routes.map((route) => ({
      route,
      [fc.toStringMethod]: () => `${route.method} ${route.path}`,
    })),
  );
}

const spoiltOrders = fc.array(changes, { minLength: 1, maxLength: 3 }) as fc.Arbitrary<Change[]>;

describe('a request that somebody spoilt', () => {
  test(
    'is refused in documented words and changes nothing, or is in order',
    async () => {
      const attempt = fc.asyncProperty(
        pickedFrom(everyRoute),
        spoiltOrders,
        async ({ route }, orders) => {
          const { body, query } = messageOf(route, changed(exampleOf(route, things), orders));
          fc.pre(query.length <= mostTargetLength);
          const open = 'scope' in route ? {} : { token: null };
          const sent = body === undefined ? open : { ...open, body };
          await checkCall(route.method, pathOf(route, things) + query, sent);
        },
      );
      await fc.assert(attempt, { numRuns: runs });
    },
    deadlineMs,
  );

  test(
    'names things that are not there, and changes nothing',
    async () => {
      const named = apiRoutes.filter(({ path }) => path.includes(':target'));
      const attempt = fc.asyncProperty(
        pickedFrom(named),
        oddText.map((text) => encodeURIComponent(Buffer.from(text).toString().slice(0, 2_000))),
        fc.boolean(),
        async ({ route }, text, isPart) => {
          const whole = pathOf(route, isPart ? { ...things, thumbprint: '' } : things);
          const path = isPart && route.path.includes(':part') ? whole : route.path;
          const target = path
            .replace(/\/keys\/\//, `/keys/${text}/`)
            .replace(':target', text)
            .replace(':part', text);
          // A client library would tidy these up before they are sent.
          fc.pre(!/\/(?:\.|%2e)+(?:\/|$)/i.test(target));
          const { body } = messageOf(route, exampleOf(route, things));
          await checkCall(route.method, target, body === undefined ? {} : { body });
        },
      );
      await fc.assert(attempt, { numRuns: runs });
    },
    deadlineMs,
  );
});
