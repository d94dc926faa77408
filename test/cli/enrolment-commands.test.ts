import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readsLogs } from '../credentials/made-claims.ts';
import { newEnrolmentKey } from '../support/enrolment-key.ts';
import { runRecorded } from '../support/recording-terminal.ts';
import { type RunningService, startRunningService } from '../support/running-service.ts';

const folder = mkdtempSync(join(tmpdir(), 'enrolment-'));
let place: RunningService;

beforeAll(async () => {
  place = await startRunningService();
});

afterAll(() => place[Symbol.asyncDispose]());

function run(words: readonly string[], input = '') {
  const env = { SEALWRIGHT_SERVER: place.address, SEALWRIGHT_TOKEN: place.token };
  return runRecorded(words, { env, input });
}

/** The agent is elsewhere: it has no token for the API. */
function runAsAgent(words: readonly string[], input = '') {
  return runRecorded(words, { env: { SEALWRIGHT_SERVER: place.address }, input });
}

async function invite(...options: readonly string[]) {
  const order = ['enrolment', 'create', '--owner', 'lead@acme.com', '--json', ...options];
  const { out } = await run(order);
  return JSON.parse(out) as { readonly id: string; readonly token: string };
}

describe('from the invitation to the identity', () => {
  test('the token alone is on standard output, and how to use it beside it', async () => {
    const answer = await run(['enrolment', 'create', '--owner', 'a@acme.com', '--handle', 'alone']);
    expect(answer.code).toBe(0);
    expect(answer.out).toMatch(/^swe_[\w-]{43}\n$/);
    expect(answer.err).toContain(`sealwright agent enrol --audience ${place.url} --token-file`);
  });

  test('a key is made for its owner alone, and the identity is printed', async () => {
    const { token } = await invite('--team', 'payments');
    const keyFile = join(folder, 'bot.jwk.json');
    const tokenFile = join(folder, 'token');
    writeFileSync(tokenFile, `${token}\n`);
    const order = ['agent', 'enrol', '--token-file', tokenFile, '--key-file', keyFile];
    const answer = await runAsAgent([...order, '--handle', 'bot', '--name', 'Bot']);
    expect(answer).toEqual({
      code: 0,
      err: '',
      out: [
        'bot is active',
        '  name       Bot',
        '  kind       agent',
        `  client_id  ${place.url}/a/bot/client.json`,
        `  did        ${String((await place.call('GET', '/agents/bot')).body['did'])}`,
        `  key file   ${keyFile}`,
        '',
      ].join('\n'),
    });
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    const { d, ...publicPart } = JSON.parse(readFileSync(keyFile, 'utf8'));
    expect(d).toMatch(/^[\w-]{43}$/);
    const jwks = (await (await fetch(`${place.url}/a/bot/jwks.json`)).json()) as {
      readonly keys: readonly object[];
    };
    expect(jwks.keys).toMatchObject([publicPart]);
    const again = await runAsAgent(order);
    expect([again.code, again.out]).toEqual([0, answer.out]);
  });

  test('a key that is there is used, Ed25519 too, and the token may come through a pipe', async () => {
    const { token } = await invite('--handle', 'piped');
    const keyFile = join(folder, 'ed25519.jwk.json');
    const key = newEnrolmentKey('Ed25519');
    writeFileSync(keyFile, JSON.stringify(key.privateKey.export({ format: 'jwk' })));
    const order = ['agent', 'enrol', '--token-file', '-', '--key-file', keyFile, '--json'];
    const { code, out } = await runAsAgent(order, `${token}\n`);
    expect([code, JSON.parse(out)]).toMatchObject([0, { handle: 'piped', state: 'active' }]);
    const { body } = await place.call('GET', '/enrolments?state=enrolled');
    expect(body['data']).toContainEqual(expect.objectContaining({ key: key.thumbprint }));
  });

  test.each([
    ['a wrong token', () => `swe_${'A'.repeat(43)}`, [], '(enrolment-refused)', 5],
    [
      'another registry',
      (token: string) => token,
      ['--audience', 'https://id.evil.com'],
      'must be http://localhost',
      5,
    ],
  ])('%s is refused with the reason', async (_, tokenOf, options, told, exit) => {
    const { token } = await invite('--handle', 'refused');
    const keyFile = join(folder, 'refused.jwk.json');
    const order = ['agent', 'enrol', '--token-file', '-', '--key-file', keyFile, ...options];
    const answer = await runAsAgent(order, tokenOf(token));
    expect([answer.code, answer.out]).toEqual([exit, '']);
    expect(answer.err).toContain(told);
    expect(answer.err).not.toContain(token);
  });

  test.each([
    ['no key', '{"kty":"EC"}'],
    ['the public half alone', JSON.stringify(newEnrolmentKey().jwk)],
    ['no JSON', 'secret'],
  ])('a key file with %s is refused, and not repeated', async (_, text) => {
    const keyFile = join(folder, 'unusable.jwk.json');
    writeFileSync(keyFile, text);
    const order = ['agent', 'enrol', '--token-file', '-', '--key-file', keyFile];
    const answer = await runAsAgent(order, 'swe_x');
    expect(answer.code).toBe(2);
    expect(answer.err).not.toContain('secret');
  });
});

describe('the queue of approvals', () => {
  test('is waited for, shown, approved, and the agent goes on by itself', async () => {
    const { id, token } = await invite('--handle', 'waiting', '--approval');
    const keyFile = join(folder, 'waiting.jwk.json');
    const order = ['agent', 'enrol', '--token-file', '-', '--key-file', keyFile];
    const early = await runAsAgent(order, token);
    expect(early).toMatchObject({ code: 3, out: expect.stringContaining(`${id} awaits approval`) });
    const waiting = runAsAgent([...order, '--wait', '--json'], token);
    const queue = await run(['enrolment', 'list', '--state', 'awaiting-approval']);
    expect(queue.out).toContain(id);
    const approved = await run(['enrolment', 'approve', id]);
    expect(approved).toMatchObject({ code: 0, out: expect.stringContaining(`${id} is enrolled`) });
    const { code, out } = await waiting;
    expect([code, JSON.parse(out)]).toMatchObject([0, { handle: 'waiting', state: 'active' }]);
  });

  test('is left at the end of patience, with exit 3', async () => {
    const { id, token } = await invite('--handle', 'patient', '--approval');
    const keyFile = join(folder, 'patient.jwk.json');
    const order = ['agent', 'enrol', '--token-file', '-', '--key-file', keyFile, '--wait'];
    const answer = await runAsAgent([...order, '--give-up-after', '1'], token);
    expect(answer).toMatchObject({ code: 3, out: expect.stringContaining(id) });
    const rejected = await run(['enrolment', 'reject', id, '--reason', 'not ours']);
    expect(rejected.out).toContain('not ours');
    const after = await runAsAgent(order, token);
    expect(after).toMatchObject({ code: 5, err: expect.stringContaining('(enrolment-refused)') });
  });

  test('an invitation is withdrawn', async () => {
    const { id } = await invite();
    const answer = await run(['enrolment', 'withdraw', id]);
    expect(answer).toEqual({ code: 0, err: '', out: `${id} is withdrawn\n` });
    const { body } = await place.call('GET', `/enrolments/${id}`);
    expect(body['state']).toBe('withdrawn');
  });
});

describe('templates', () => {
  test('are made from a file, listed, printed, and used', async () => {
    const content = {
      kind: 'agent',
      defaults: { owners: ['platform@acme.com'], keyCustody: 'registry' },
      credentials: [{ type: 'allowed-actions', claims: readsLogs, reason: 'CHG-4711' }],
    };
    const order = ['template', 'create', 'worker', '--file', '-', '--json'];
    const created = await run(order, JSON.stringify(content));
    expect([created.code, JSON.parse(created.out)]).toMatchObject([0, content]);
    const listed = await run(['template', 'list']);
    expect(listed.out).toMatch(/worker +agent +no +1 /);
    const got = await run(['template', 'get', 'worker', '--json']);
    expect(JSON.parse(got.out)).toEqual(JSON.parse(created.out));
    const onboarding = ['agent', 'onboard', 'templated', '--name', 'T', '--template', 'worker'];
    expect((await run(onboarding)).out).toContain('owners     platform@acme.com');
    const access = await run(['access', 'read', 'logs/production']);
    expect(access.out).toContain('templated');
    const { token } = await invite('--template', 'worker', '--handle', 'invited');
    const keyFile = join(folder, 'invited.jwk.json');
    await runAsAgent(['agent', 'enrol', '--token-file', '-', '--key-file', keyFile], token);
    expect((await run(['access', 'read', 'logs/production'])).out).toContain('invited');
  });
});
