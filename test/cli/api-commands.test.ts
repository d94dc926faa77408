import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CredentialId } from '../../src/credentials/credential.ts';
import type { Listeners } from '../../src/http/listeners.ts';
import { startEdgeServer } from '../support/edge-server.ts';
import { type EdgeWorld, heldJwk, openEdgeWorld } from '../support/edge-world.ts';
import { runRecorded } from '../support/recording-terminal.ts';

const onboarding = ['--name', 'Billing Bot', '--owner', 'a@acme.com', '--owner', 'b@acme.com'];
const heldKey = JSON.stringify(heldJwk);
let world: EdgeWorld;
let listeners: Listeners;
let token: string;

beforeAll(async () => {
  listeners = await startEdgeServer(() => world);
});

afterAll(() => listeners.close());

beforeEach(async () => {
  world = await openEdgeWorld();
  token = (await world.grant()).text;
});

describe('agents', () => {
  test('are onboarded with a public key from standard input', async () => {
    const order = ['agent', 'onboard', 'bot', ...onboarding, '--jwk', '-'];
    const answer = await run(order, { input: heldKey });
    expect(answer).toEqual({
      code: 0,
      err: '',
      out: [
        'bot is active',
        '  name       Billing Bot',
        '  kind       agent',
        '  owners     a@acme.com, b@acme.com',
        '  client_id  https://id.acme.com/a/bot/client.json',
        '  did        did:web:id.acme.com:a:bot',
        '  key        jwk',
        '  ends       2027-11-20T12:00:00.000Z',
        '',
      ].join('\n'),
    });
    const { keys } = await world.json('/a/bot/jwks.json');
    expect(keys).toMatchObject([heldJwk]);
  });

  test('a strict document is asked for, and shown with the servers that take each', async () => {
    const order = ['agent', 'onboard', 'bot', ...onboarding, '--jwk', '-', '--profile'];
    const refused = await run([...order, 'loose'], { input: heldKey });
    expect(refused).toMatchObject({ code: 2, out: '' });
    await run([...order, 'strict'], { input: heldKey });
    const { out } = await run(['agent', 'get', 'bot']);
    expect(out.split('\n').map((line) => line.trim().replace(/ {2,}/g, ': '))).toEqual([
      'bot is active',
      'name: Billing Bot',
      'kind: agent',
      'owners: a@acme.com, b@acme.com',
      'client_id: https://id.acme.com/a/bot/client.json',
      'strict: https://id.acme.com/a/bot/strict/client.json',
      'did: did:web:id.acme.com:a:bot',
      'key: jwk',
      'ends: 2027-11-20T12:00:00.000Z',
      'taken by: oidc-provider, better-auth, mcp-2026-07-28, auth0, cloudflare, fastmcp',
      'refused by: keycloak, atproto',
      'not known: entra, oracle, janssen, gravitee',
      'strict taken by: oidc-provider, better-auth, mcp-2026-07-28, auth0, keycloak, cloudflare, fastmcp',
      'strict refused by: atproto',
      'strict not known: entra, oracle, janssen, gravitee',
      '',
    ]);
  });

  test('an issued key goes into a file of its own, for its owner alone', async () => {
    const keys = join(mkdtempSync(join(tmpdir(), 'keys-')), 'new');
    const custody = ['--key-custody', 'issued', '--keys-dir', keys, '--json'];
    const answer = await run(['agent', 'onboard', 'bot', ...onboarding, ...custody]);
    const path = join(keys, 'bot.jwk.json');
    expect(answer.code).toBe(0);
    expect(JSON.parse(answer.out)).toMatchObject({ handle: 'bot', keyFile: path });
    const stored: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const [{ kty, crv, x, y }] = (await world.json('/a/bot/jwks.json')).keys;
    expect(stored).toEqual({ kty, crv, x, y, d: expect.stringMatching(/^[\w-]{43}$/) });
    expect(answer.out).not.toContain((stored as { readonly d: string }).d);
    expect(answer.out).not.toContain('private');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(keys).mode & 0o777).toBe(0o700);
  });

  test('a key file is never overwritten, and none stays when onboarding fails', async () => {
    const keys = mkdtempSync(join(tmpdir(), 'keys-'));
    const custody = ['--key-custody', 'issued', '--keys-dir', keys];
    await run(['agent', 'onboard', 'bot', ...onboarding, ...custody]);
    const again = await run(['agent', 'onboard', 'bot', ...onboarding, ...custody]);
    expect(again).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining('is there already: move it'),
    });
    await world.enrol('other');
    const refused = await run(['agent', 'onboard', 'other', ...onboarding, ...custody]);
    expect(refused).toMatchObject({ code: 5, err: expect.stringContaining('(handle-taken)') });
    const outside = await run(['agent', 'onboard', '../evil', ...onboarding, ...custody]);
    expect(outside.code).toBe(2);
    expect(readdirSync(keys)).toEqual(['bot.jwk.json']);
    expect(world.called).toEqual(['enrolAgent', 'enrolAgent']);
  });

  test('without a folder the issued key is data, and standard error says so', async () => {
    const answer = await run(['agent', 'onboard', 'bot', ...onboarding, '--key-custody', 'issued']);
    expect(answer.out).toMatch(/"d": "[\w-]{43}"/);
    expect(answer.err).toBe('The private key below is shown this once and kept nowhere.\n');
  });

  test('are listed page by page, as far as asked', async () => {
    for (const handle of ['one', 'two', 'six']) await world.enrol(handle);
    const all = await run(['agent', 'list', '--json']);
    expect(JSON.parse(all.out)).toHaveLength(3);
    const some = await run(['agent', 'list', '--limit', '2', '--json']);
    expect(JSON.parse(some.out)).toHaveLength(2);
    const table = await run(['agent', 'list', '--search', 'Billing', '--state', 'active']);
    expect(table.out.split('\n')[0]).toMatch(/^HANDLE {2}STATE +KIND +NAME +CLIENT_ID$/);
    expect(table.out.split('\n')).toHaveLength(5);
  });

  test('are updated, member by member', async () => {
    await world.enrol('bot', { team: 'payments', tags: ['prod'] });
    const owners = ['--owner', 'a@acme.com', '--owner', 'b@acme.com'];
    const shown = await run(['agent', 'get', 'bot']);
    expect(shown.out).toContain('  advice      One owner answers for it: name a second one');
    const changes = ['--team', '', '--tag', '', '--expires-at', '2027-01-01T00:00:00Z'];
    const answer = await run(['agent', 'update', 'bot', ...owners, ...changes, '--json']);
    expect(JSON.parse(answer.out)).toMatchObject({
      ...{ name: 'Billing Bot', owners: ['a@acme.com', 'b@acme.com'], team: null, tags: [] },
      expiresAt: '2027-01-01T00:00:00.000Z',
      advice: [],
    });
    expect(await run(['agent', 'update', 'bot'])).toMatchObject({ code: 2, out: '' });
    const past = await run(['agent', 'update', 'bot', '--expires-at', '2026-01-01T00:00:00Z']);
    expect(past).toMatchObject({ code: 5, err: expect.stringContaining('/expiresAt') });
  });

  test('change state for a reason', async () => {
    await world.enrol('bot');
    const at = (verb: string) => run(['agent', verb, 'bot', '--reason', 'INC-204', '--json']);
    expect(JSON.parse((await at('suspend')).out)).toMatchObject({ state: 'suspended' });
    expect(JSON.parse((await at('resume')).out)).toMatchObject({ state: 'active' });
    expect(JSON.parse((await at('retire')).out)).toMatchObject({ state: 'retired' });
    expect((await run(['agent', 'get', 'bot'])).out).toContain('bot is retired');
  });

  test('a name that plays tricks with the terminal is refused, and prints harmlessly', async () => {
    const name = '\u001b[2Jx\u202egnp.exe\u009b31m';
    const order = ['--name', name, '--owner', 'a@acme.com', '--jwk', '-'];
    const refused = await run(['agent', 'onboard', 'bot', ...order], { input: heldKey });
    expect(refused).toMatchObject({ code: 5, err: expect.stringContaining('control characters') });
    // A row that an older release let in, or another service.
    const agent = await world.enrol('bot');
    const at = world.clock.now();
    await world.database.run((stores) =>
      stores.agents.updateProfile(agent.id, { ...agent, name }, at),
    );
    const table = await run(['agent', 'list']);
    expect(table.out).toContain('\ufffd[2Jx\ufffdgnp.exe\ufffd31m');
    const json = await run(['agent', 'list', '--json']);
    expect(json.out).toContain('\\u001b[2Jx\\u202egnp.exe\\u009b31m');
    expect(JSON.parse(json.out)).toMatchObject([{ name }]);
  });
});

describe('credentials', () => {
  beforeEach(() => world.enrol('bot'));

  test('are issued from a file, found, changed and renewed', async () => {
    const claims = join(mkdtempSync(join(tmpdir(), 'claims-')), 'claims.json');
    writeFileSync(claims, '{"actions":[{"action":"read","resource":"logs"}]}');
    const options = ['--type', 'allowed-actions', '--claims', claims, '--reason', 'CHG-1'];
    const made = await run(['credential', 'issue', 'bot', ...options, '--json']);
    const { id } = JSON.parse(made.out) as { id: string };
    expect(JSON.parse(made.out)).toMatchObject({
      claims: { actions: [{ action: 'read', resource: 'logs' }] },
    });
    const shown = await run(['credential', 'get', id]);
    expect(shown.out).toContain(`${id} is active`);
    const { status } = await world.credential(id as CredentialId);
    expect(shown.out).toContain(`list 1, index ${status.index}`);
    const at = (verb: string) => run(['credential', verb, id, '--reason', 'x']);
    expect((await at('suspend')).out).toBe(
      `✔ ${id} is suspended; published at 2026-11-20T12:00:00.002Z\n`,
    );
    expect((await at('resume')).out).toContain('is active');
    const renewed = await run(['credential', 'renew', id, '--reason', 'x', '--json']);
    expect(renewed.code).toBe(0);
    expect((await at('revoke')).out).toContain('is revoked');
    expect(await at('renew')).toMatchObject({
      code: 5,
      err: expect.stringContaining('(credential-wrong-state)'),
    });
    const filter = ['--agent', 'bot', '--type', 'allowed-actions'];
    const former = await run(['credential', 'list', ...filter, '--state', 'revoked', '--json']);
    expect(JSON.parse(former.out)).toMatchObject([{ id, state: 'revoked' }]);
    const present = await run(['credential', 'list', ...filter, '--state', 'active', '--json']);
    const successor: unknown = JSON.parse(renewed.out);
    expect(JSON.parse(present.out)).toMatchObject([{ id: (successor as { id: string }).id }]);
    const who = await run(['access', 'read', 'logs']);
    expect(who.out).toMatch(
      /^AGENT +CREDENTIAL +FROM +UNTIL +ISSUER +ISSUED BY +REASON\nbot {4}crd_/,
    );
  });

  test('say when they are renewed, unless they are to run out', async () => {
    const claims = ['--type', 'allowed-actions', '--claims', '-', '--reason', 'CHG-1'];
    const input = '{"actions":[{"action":"read","resource":"logs"}]}';
    const made = await run(['credential', 'issue', 'bot', ...claims], { input });
    expect(made.out).toContain('  renews  2027-01-19T12:00:00.000Z\n');
    const ending = await run(['credential', 'issue', 'bot', ...claims, '--no-renew'], { input });
    expect(ending).toMatchObject({ code: 0, out: expect.not.stringContaining('renews') });
  });

  test('nobody with access is an answer too', async () => {
    const words = ['access', '--action', 'read', '--resource', 'logs'];
    const nobody = { code: 0, out: 'No agent may do this.\n', err: '' };
    expect(await run(['access', 'read', 'logs'])).toEqual(nobody);
    expect(await run(words)).toEqual(nobody);
    const then = await run([...words, '--at', '2026-11-20T12:00:00Z']);
    expect(then).toEqual({ code: 0, out: 'No agent could do this then.\n', err: '' });
  });

  test.each([
    ['neither', []],
    ['one of two', ['read']],
    ['both', ['read', 'logs', '--action', 'read']],
  ])('a question that gives %s is not asked', async (_, words) => {
    const answer = await run(['access', ...words]);
    expect(answer).toMatchObject({ code: 2, out: '', err: expect.stringContaining('once') });
    expect(world.called).toEqual([]);
  });

  test.each([
    ['a file that is not there', '/nowhere/claims.json', 'ENOENT'],
    ['something else than JSON', '-', 'JSON object'],
  ])('%s stops before the call', async (_, path, said) => {
    const options = ['--type', 'compliance', '--reason', 'x', '--claims', path];
    const answer = await run(['credential', 'issue', 'bot', ...options], { input: '[1]' });
    expect(answer).toMatchObject({ code: 2, out: '', err: expect.stringContaining(said) });
    expect(world.called).toEqual([]);
  });
});

describe('the office', () => {
  test('a token stands alone on standard output', async () => {
    const made = await run(['token', 'create', '--name', 'ci', '--scope', 'verify']);
    expect(made.out).toMatch(/^swt_[A-Za-z0-9_-]{43}\n$/);
    expect(made.err).toContain('this is the only time it is shown');
    const listing = await run(['token', 'list']);
    expect(listing.out).not.toContain(made.out.trim());
    const tokens = await world.registry.listTokens(world.caller);
    const id = tokens.find(({ name }) => name === 'ci')?.id ?? '';
    expect((await run(['token', 'revoke', id])).out).toBe(`✔ ${id} is revoked\n`);
  });

  test('a broken audit trail is exit code 1', async () => {
    const [, record] = await world.deps.audit.readAfter(0, 2);
    if (record === undefined) throw new TypeError('The token left no record.');
    expect(await run(['audit', 'verify'])).toEqual({
      code: 0,
      out: expect.stringMatching(
        `^✔ The audit trail is intact: 2 records\\.\n  head ${record.hash}\n  root \\S{44}\n$`,
      ),
      err: '',
    });
    Object.assign(record, { body: record.body.replace('token.created', 'token.revoked') });
    const answer = await run(['audit', 'verify']);
    expect(answer).toEqual({
      code: 1,
      out: '✖ The audit trail is broken at record 2: the record was altered.\n',
      err: '',
    });
    expect((await run(['audit', 'verify', '--json'])).code).toBe(1);
  });
});

describe('failures', () => {
  test('of the API come with code, places and fix, for people', async () => {
    const answer = await run(['agent', 'get', 'nobody']);
    expect(answer).toEqual({
      code: 5,
      out: '',
      err: [
        '✖ No such agent. There is no agent with this handle. (agent-not-found)',
        '  fix  Check the handle; "sealwright agent list" shows those of your organization.',
        '',
      ].join('\n'),
    });
  });

  test('and for programs, as one line on standard error', async () => {
    const order = ['--name', ' ', '--owner', 'a@acme.com', '--key-custody', 'registry'];
    const answer = await run(['agent', 'onboard', 'bot', ...order, '--json']);
    expect(answer.code).toBe(5);
    expect(answer.out).toBe('');
    expect(answer.err.match(/\n/g)).toHaveLength(1);
    expect(JSON.parse(answer.err)).toEqual({
      error: {
        code: 'invalid-input',
        message: 'The request does not say what is expected. The agent is not well described.',
        fix: expect.stringContaining('Mend every place'),
        places: ['/name must not be empty'],
        exitCode: 5,
      },
    });
  });

  test('a token that does not open says so and is not repeated', async () => {
    const env = {
      SEALWRIGHT_SERVER: listeners.publicUrl,
      SEALWRIGHT_TOKEN: `canary${'x'.repeat(40)}`,
    };
    const answer = await runRecorded(['agent', 'list'], { env });
    expect(answer.code).toBe(5);
    expect(answer.err).toContain('(unauthenticated)');
    expect(answer.err).not.toContain('canary');
  });

  test.each([
    [
      'a service that is away',
      { SEALWRIGHT_SERVER: 'http://127.0.0.1:1' },
      5,
      'server-unreachable',
    ],
    ['an unusable setting', { SEALWRIGHT_SERVER: 'ftp://x' }, 2, 'SEALWRIGHT_SERVER'],
    ['a misspelt setting', { SEALWRIGHT_TOKN: 'x' }, 2, 'SEALWRIGHT_TOKN'],
  ])('%s', async (_, env, code, said) => {
    const answer = await runRecorded(['agent', 'list'], { env });
    expect(answer).toMatchObject({ code, out: '', err: expect.stringContaining(said) });
  });

  test('--server outranks the environment', async () => {
    const env = { SEALWRIGHT_SERVER: 'http://127.0.0.1:1', SEALWRIGHT_TOKEN: token };
    const answer = await runRecorded(['agent', 'list', '--server', listeners.publicUrl], { env });
    expect(answer.code).toBe(0);
  });
});

function run(words: readonly string[], options: { readonly input?: string } = {}) {
  const env = { SEALWRIGHT_SERVER: listeners.publicUrl, SEALWRIGHT_TOKEN: token };
  return runRecorded(words, { ...options, env });
}
