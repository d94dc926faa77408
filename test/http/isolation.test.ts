import { createHash } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Method } from '../../src/http/route.ts';
import type { Organization } from '../../src/organizations/organization.ts';
import { startApiWorld, type Things } from '../support/api-world.ts';
import { rawRequest } from '../support/raw-request.ts';
import { exampleNames, exampleOf, messageOf, pathOf } from '../support/route-examples.ts';

/** A call as the description of the API has it; `path` is spelled as the examples spell it. */
interface Operation {
  readonly method: Method;
  readonly path: string;
  readonly isOpen: boolean;
  readonly forPlatform: boolean;
}

const world = await startApiWorld();
const operations = await describedOperations();
/** Calls that were tried with another organization's token, in whatever way their kind demands. */
const tried = new Set<string>();

/** Whether a record of the audit trail is in order is asked of the whole installation. */
const aboutAll = ['GET /audit/verify'];

const nameOf = ({ method, path }: Pick<Operation, 'method' | 'path'>) => `${method} ${path}`;
const listed = (some: readonly Operation[]) => some.map((one) => [nameOf(one), one] as const);
const closed = operations.filter(({ isOpen, forPlatform }) => !isOpen && !forPlatform);
const named = closed.filter(({ path }) => path.includes(':'));
const collections = closed.filter(({ path }) => !path.includes(':'));
const listings = collections.filter(({ method }) => method === 'GET');
const orders = collections.filter(({ method }) => method !== 'GET');
const platformCalls = operations.filter(({ forPlatform }) => forPlatform);

/** Things of ours; the calls of the examples name the first ones. */
let ours: Things;
let more: Things;
let other: Organization;
let foreign: string;
let before: { readonly state: string; readonly seen: string; readonly served: string };

beforeAll(async () => {
  ours = await world.makeThings();
  more = await world.makeThings();
  other = await world.openOther();
  foreign = await world.grant({ of: other });
  await world.keep();
  // A receipt that is asked for has a checkpoint signed, and then stands.
  await seenByUs();
  before = await lookAround();
}, 60_000);

afterAll(() => world[Symbol.asyncDispose]());

async function describedOperations(): Promise<readonly Operation[]> {
  const response = await fetch(`${world.url}/api/v1/openapi.json`);
  const { paths } = (await response.json()) as {
    paths: Record<string, Record<string, Readonly<Record<string, unknown>>>>;
  };
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({
      method: method.toUpperCase() as Method,
      path: path.replace(/\{\w+\}/, ':target').replace(/\{\w+\}/, ':part'),
      isOpen: JSON.stringify(operation['security']) === '[]',
      forPlatform: operation['x-platform-tokens'] === true,
    })),
  );
}

/** The call with our names in its path, its query and its body, by somebody else's token. */
async function call(operation: Operation, token = foreign, things = ours) {
  tried.add(nameOf(operation));
  const { body, query } = messageOf(operation, exampleOf(operation, things));
  return ask(operation.method, pathOf(operation, things) + query, token, body);
}

async function ask(method: string, path: string, token: string, body?: string) {
  const sent = body === undefined ? { token } : { token, body };
  const { status, type, text } = await world.ask(method, path, sent);
  const answer: { code?: string; next?: string | null } = isJson(type) ? JSON.parse(text) : {};
  return { status, text, code: answer.code ?? '', next: answer.next ?? null };
}

/** Whether an answer is one value: an export is a value a line. */
function isJson(type: string): boolean {
  return /^application\/(?:\w+\+)?json\b/.test(type);
}

/** Every row, everything that we see with our own token, and every document that is served. */
async function lookAround() {
  return { state: await world.state.read(), seen: await seenByUs(), served: await served() };
}

async function seenByUs(): Promise<string> {
  const texts: string[] = [];
  for (const operation of [...named, ...listings].filter(({ method }) => method === 'GET')) {
    if (aboutAll.includes(nameOf(operation))) continue;
    const { query } = messageOf(operation, exampleOf(operation, ours));
    const { status, text } = await world.ask('GET', pathOf(operation, ours) + query);
    texts.push(`${nameOf(operation)} ${status} ${digestOf(text)}`);
  }
  return texts.join('\n');
}

/** The octets at every address, each asked for at its own host. */
async function served(): Promise<string> {
  const client = new pg.Client({ connectionString: world.connectionString });
  await client.connect();
  const { rows } = await client.query<{ path: string }>(
    "SELECT DISTINCT path FROM public_documents WHERE path <> '//' ORDER BY path",
  );
  await client.end();
  const lines = rows.map(async ({ path }) => {
    const [, host = new URL(world.url).host, target = path] = /^\/\/([^/]+)(.*)$/.exec(path) ?? [];
    const { status, body } = await rawRequest(world.url, target, { headers: { host } });
    return `${path} ${status} ${digestOf(body)}`;
  });
  return (await Promise.all(lines)).join('\n');
}

function digestOf(octets: string | Uint8Array): string {
  return createHash('sha256').update(octets).digest('hex');
}

/** Whether a text says something that only we may read. */
function secretsIn(text: string): readonly string[] {
  const names = [ours, more].flatMap((things) => [
    ...[`"${things.handle}"`, `/a/${things.handle}/`, things.owner, things.thumbprint],
    ...[things.credential, things.token, things.enrolment, things.workloadRule],
    ...[things.rule, things.imported, things.issuerKey, things.customType],
  ]);
  return [...names, world.organization.id].filter((name) => text.includes(name));
}

async function expectUntouched(): Promise<void> {
  expect(await world.state.read()).toBe(before.state);
}

test('every call that is described has an example, and no other', () => {
  const known = [...exampleNames, 'POST /token-exchange'];
  expect(operations.map(nameOf).toSorted()).toEqual(known.toSorted());
  const open = operations.filter(({ isOpen }) => isOpen).map(nameOf);
  expect(open.toSorted()).toEqual(['POST /enrol', 'POST /token-exchange']);
});

describe("J-05 another organization's token", () => {
  test.each(listed(named))('finds nothing at %s', async (_, operation) => {
    const { status, code, text } = await call(operation);
    expect([status, code]).toEqual([
      404,
      expect.stringMatching(/-(?:not-found|not-departed|not-trusted)$/),
    ]);
    // What was asked for may be repeated; nothing else of ours may be told.
    expect(secretsIn(text.replaceAll(pathOf(operation, ours), ''))).toEqual([]);
    await expectUntouched();
  });

  test.each(listed(named))(
    'cannot tell at %s what is ours from what is nowhere',
    async (_, operation) => {
      const nobody = Object.fromEntries(
        Object.keys(ours).map((name) => [name, 'no-such-1']),
      ) as unknown as Things;
      const asked = await call(operation);
      const { body, query } = messageOf(operation, exampleOf(operation, ours));
      const path = pathOf(operation, nobody) + query;
      const nowhere = await ask(operation.method, path, foreign, body);
      const plain = (text: string) =>
        text.replace(/"(?:instance|detail)":"[^"]*"/g, '').replaceAll(/no-such-1/g, '');
      expect([nowhere.status, plain(nowhere.text)]).toEqual([asked.status, plain(asked.text)]);
    },
  );

  test.each(listed(listings))(
    'J-06 reads nothing of ours at %s, whatever it asks for',
    async (_, operation) => {
      const asked = await call(operation);
      const plain = await ask('GET', operation.path, foreign);
      for (const { status, text } of [asked, plain]) {
        expect(status).toBeLessThan(500);
        expect(secretsIn(text)).toEqual([]);
      }
      await expectUntouched();
    },
  );

  test.each(listed(listings))('J-06 goes no further at %s by a cursor of ours', async (_, one) => {
    const { next } = await ask('GET', `${one.path}?limit=1`, world.token);
    const ids = [ours.credential, ours.token, ours.rule, ours.enrolment, 'agt_0', 'evt_0', 'org_0'];
    const forged = ids.map((id) => Buffer.from(id).toString('base64url'));
    for (const cursor of [...(next === null ? [] : [next]), ...forged]) {
      const { status, text } = await ask('GET', `${one.path}?cursor=${cursor}`, foreign);
      expect(status).toBeLessThan(500);
      expect(secretsIn(text)).toEqual([]);
    }
  });

  test.each(listed(listings))(
    'J-06 widens nothing at %s by a member of its own',
    async (_, one) => {
      for (const member of [
        'orgId',
        'organization',
        'organizationId',
        'issuerDid',
        'sort',
        'tenant',
      ]) {
        const value = member === 'issuerDid' ? world.organization.did : world.organization.id;
        const { status, code } = await ask('GET', `${one.path}?${member}=${value}`, foreign);
        expect([member, status, code]).toEqual([member, 400, 'invalid-input']);
      }
    },
  );

  test.each(listed(orders))('changes nothing of ours by %s', async (_, operation) => {
    const state = await world.state.read();
    const { status, text } = await call(operation);
    expect(status).toBeLessThan(500);
    expect(await seenByUs()).toBe(before.seen);
    if (status >= 400) {
      expect(await world.state.read()).toBe(state);
      expect(text).not.toContain(world.organization.id);
    } else expect(secretsIn(withoutOrder(text))).toEqual([]);
    before = { ...before, state: await world.state.read() };
  });

  /** A manifest and a schema say names that the caller chose. */
  const withoutOrder = (text: string) =>
    [ours.handle, ours.customType].reduce((rest, name) => rest.replaceAll(name, ''), text);

  test.each<[string, object, number]>([
    ['/tokens', { name: 'x', scopes: ['verify'], agent: 'HANDLE' }, 404],
    ['/tokens', { name: 'x', scopes: ['verify'], organizationId: 'ORGANIZATION' }, 400],
    ['/tokens', { name: 'x', scopes: ['verify'], platform: true }, 400],
    ['/agents', { handle: 'x', name: 'X', template: 'TEMPLATE', keyCustody: 'issued' }, 404],
    ['/enrolments', { template: 'TEMPLATE', kind: 'agent', owners: ['a@acme.com'] }, 404],
    ['/organization/keys', { action: 'retire', key: 'ISSUER_KEY' }, 404],
    ['/organization/keys', { action: 'compromise', key: 'ISSUER_KEY', reason: 'mine' }, 404],
    ['/organization/keys', { action: 'activate', key: 'ISSUER_KEY' }, 404],
    ['/revocations', { filter: { agent: 'HANDLE' }, reason: 'mine' }, 404],
    ['/revocations', { filter: { team: 'payments' }, reason: 'mine' }, 200],
    ['/revocations', { filter: { owner: 'a@acme.com' }, reason: 'mine' }, 200],
    ['/suspensions', { filter: { team: 'payments' }, reason: 'mine' }, 200],
    ['/revocations', { filter: { issuerKey: 'ISSUER_KEY' }, reason: 'mine' }, 200],
    ['/suspensions', { filter: { type: 'allowed-actions' }, reason: 'mine' }, 200],
  ])('reaches nothing of ours by the body of POST %s %j', async (path, order, status) => {
    const answer = await ask('POST', path, foreign, withOurNames(order));
    expect([answer.status, path]).toEqual([status, path]);
    expect(secretsIn(answer.text.replaceAll(more.handle, ''))).toEqual([]);
    expect(await seenByUs()).toBe(before.seen);
  });

  test.each<[string, object, number, string]>([
    ['an issuer of its choice', { issuer: 'DID' }, 400, 'invalid-input'],
    ['an organization of its choice', { organizationId: 'ORGANIZATION' }, 400, 'invalid-input'],
    ['an issuer inside the claims', { claims: { issuer: 'DID' } }, 422, 'claims-invalid'],
    ['another subject', { claims: { id: 'CLIENT_ID', actions: [] } }, 422, 'claims-invalid'],
  ])('J-08 issues nothing with %s', async (_, changes, status, code) => {
    const onboarding = {
      ...{ handle: 'other-bot', kind: 'agent', name: 'Other', owners: ['a@other.com'] },
      keyCustody: 'registry',
    };
    await ask('POST', '/agents', foreign, JSON.stringify(onboarding));
    const state = await world.state.read();
    const actions = [{ action: 'read', resource: 'logs' }];
    const facet = { type: 'allowed-actions', reason: 'CHG-1', claims: { actions }, ...changes };
    const path = '/agents/other-bot/credentials';
    const answer = await ask('POST', path, foreign, withOurNames(facet));
    expect([answer.status, answer.code]).toEqual([status, code]);
    expect(await world.state.read()).toBe(state);
  });

  test('may do nothing that takes a platform token', async () => {
    const state = await world.state.read();
    for (const operation of platformCalls) {
      const { status, code } = await call(operation);
      expect([nameOf(operation), status, code]).toEqual([nameOf(operation), 403, 'not-permitted']);
    }
    expect(await world.state.read()).toBe(state);
  });

  test('opens nothing where no token is asked for', async () => {
    const state = await world.state.read();
    const proof = { token: ours.enrolment, jwk: {}, proof: 'a.b.c' };
    const enrolling = await ask('POST', '/enrol', foreign, JSON.stringify(proof));
    expect(enrolling.status).toBeGreaterThanOrEqual(400);
    expect(secretsIn(enrolling.text)).toEqual([]);
    expect(await world.state.read()).toBe(state);
  });

  test('was tried on every call that takes one, and we are as we were', async () => {
    const open = ['POST /enrol', 'POST /token-exchange'];
    const asked = operations.map(nameOf).filter((name) => !open.includes(name));
    expect([...tried].toSorted()).toEqual(asked.toSorted());
    expect(await seenByUs()).toBe(before.seen);
    const own = (lines: string) =>
      lines.split('\n').filter((line) => !line.startsWith('//id.other.com/'));
    expect(own(await served())).toEqual(own(before.served));
  });
});

function withOurNames(order: object): string {
  return JSON.stringify(order)
    .replace('HANDLE', more.handle)
    .replace('TEMPLATE', more.template)
    .replace('ISSUER_KEY', ours.issuerKey)
    .replace('CLIENT_ID', `${world.organization.baseUrl}/a/${ours.handle}/client.json`)
    .replace('DID', world.organization.did)
    .replace('ORGANIZATION', world.organization.id);
}
