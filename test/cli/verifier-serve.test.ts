import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type AgentWorld, startAgentWorld, type WorldAgent } from '../support/agent-world.ts';
import { runRecorded } from '../support/recording-terminal.ts';

const binary = resolve(import.meta.dirname, '../../dist/cli/cli.js');
const directory = mkdtempSync(join(tmpdir(), 'verifier-serve-'));
const token = `${'t'.repeat(31)}-1`;
const words = ['verifier', 'serve'];

let world: AgentWorld;
let agent: WorldAgent;
const children: ChildProcess[] = [];

beforeAll(async () => {
  world = await startAgentWorld();
  agent = await world.publish({ handle: 'bot', authorizedScopes: ['read:logs'] });
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

afterAll(async () => {
  rmSync(directory, { recursive: true, force: true });
  await world[Symbol.asyncDispose]();
});

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

function policyFile(mode = 'enforce'): string {
  return file(
    'trust.yaml',
    `mode: ${mode}
trust:
  - issuer: ${world.issuer}
    clientIds: [${world.origin}/a/]
    credentialTypes: [AgentAuthorizationCredential]
`,
  );
}

interface Running {
  readonly url: string;
  readonly out: () => string;
  readonly err: () => string;
  readonly child: ChildProcess;
}

/** The command as a process of its own, once it listens. */
async function serve(more: readonly string[] = []): Promise<Running> {
  const typed = [...words, '--listen', '127.0.0.1:0', '--allow-loopback', ...more];
  const env = { ...process.env, SEALWRIGHT_SIDECAR_TOKEN: token };
  const child = spawn(process.execPath, [binary, ...typed], { env });
  children.push(child);
  const text = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    text.out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    text.err += chunk.toString();
  });
  const listening = /listening on (http:\/\/127\.0\.0\.1:\d+), /;
  await expect.poll(() => text.err, { timeout: 20_000 }).toMatch(listening);
  const [, url = ''] = listening.exec(text.err) ?? [];
  return { url, out: () => text.out, err: () => text.err, child };
}

async function ask({ url }: Running, bearer = token): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${url}/hooks/keycloak`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${bearer}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ clientId: agent.clientId, scope: 'read:logs' }),
  });
  return { status: response.status, body: await response.json() };
}

describe('a running sidecar', () => {
  test('answers hooks, logs decisions on standard output, and ends with 0 on SIGTERM', async () => {
    const running = await serve(['--policy', policyFile()]);
    expect(running.err()).toBe(
      `sealwright: listening on ${running.url}, mode enforce; callers present the token\n`,
    );
    expect(await ask(running)).toMatchObject({ status: 200, body: { allow: true } });
    expect(await ask(running, 'another')).toMatchObject({ status: 401 });
    await expect.poll(running.out).toMatch(/\n$/);
    const decisions = running.out().trimEnd().split('\n');
    expect(decisions.map((line) => JSON.parse(line))).toMatchObject([
      { route: '/hooks/keycloak', clientId: agent.clientId, outcome: 'accepted' },
    ]);
    expect(running.out() + running.err()).not.toContain(token);
    running.child.kill('SIGTERM');
    expect(await once(running.child, 'exit')).toEqual([0, null]);
  });

  test('keeps the policy in force when the file breaks, reads it on SIGHUP, and says so', async () => {
    const running = await serve(['--policy', policyFile('monitor')]);
    const ready = async () => (await fetch(`${running.url}/readyz`)).json();
    file('trust.yaml', 'mode: monitor\ntrust: [');
    running.child.kill('SIGHUP');
    await expect.poll(running.err).toContain('sealwright: the policy cannot be used');
    expect(running.err()).toContain(
      'the one before stays in force: the file is not in its format\n',
    );
    expect(await ready()).toEqual({ status: 'ok', policy: 'stale', mode: 'monitor' });
    policyFile('enforce');
    running.child.kill('SIGHUP');
    await expect.poll(running.err).toContain('sealwright: the policy was read again\n');
    expect(await ready()).toEqual({ status: 'ok', policy: 'current', mode: 'enforce' });
  });

  test('knows clients by the table of --clients, and scopes of the server itself', async () => {
    const clients = file('clients.yaml', `0oa1: ${agent.clientId}\n`);
    const running = await serve([
      ...['--policy', policyFile(), '--clients', clients],
      ...['--own-scope', 'openid', '--own-scope', 'profile'],
    ]);
    const response = await fetch(`${running.url}/hooks/auth0`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: '{"client":{"client_id":"0oa1"},"accessToken":{"scope":["openid","profile","read:logs"]}}',
    });
    expect(await response.json()).toMatchObject({ allow: true });
  });
});

describe('approvals and the allow-list', () => {
  const key = () =>
    JSON.stringify(
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }),
    );

  test('are kept in a file that outlives the sidecar, and lists whom they allow', async () => {
    const policy = file(
      'approving.yaml',
      `${readFileSync(policyFile(), 'utf8')}approval: required\n`,
    );
    const approvals = join(directory, 'approvals.json');
    const jwk = file('allow-list.jwk', key());
    const more = ['--policy', policy, '--approvals', approvals, '--allow-list-key', jwk];
    const running = await serve(more);
    expect(await ask(running)).toMatchObject({ body: { allow: false } });
    const name = encodeURIComponent(agent.clientId);
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
    const entry = `${running.url}/api/v1/approvals/${name}`;
    const { seen } = await (await fetch(entry, { headers })).json();
    const body = JSON.stringify({ by: 'ops', reason: 'CHG-1', digest: seen.digest });
    const allowed = await fetch(`${entry}/allow`, { method: 'POST', headers, body });
    expect(allowed.status).toBe(200);
    expect(await ask(running)).toMatchObject({ body: { allow: true } });
    const list = async () => {
      const response = await fetch(`${running.url}/allow-list.jwt`, { headers });
      const [, payload = ''] = (await response.text()).split('.');
      return Buffer.from(payload, 'base64url').toString();
    };
    await expect.poll(list).toContain(agent.clientId);
    expect(running.err()).toContain(`sealwright: ${agent.clientId} is allowed, by ops: CHG-1\n`);
    running.child.kill('SIGTERM');
    await once(running.child, 'exit');
    expect(await ask(await serve(more))).toMatchObject({ body: { allow: true } });
  });

  test.each<[string, () => readonly string[], string]>([
    [
      'a broken file of approvals',
      () => ['--approvals', file('broken.json', '{')],
      'The approvals in ',
    ],
    [
      'a list without a key',
      () => ['--allow-list', file('list.yaml', '[]')],
      '--allow-list needs a key to sign with: --allow-list-key.',
    ],
    [
      'a key without a list',
      () => ['--allow-list-key', file('key.jwk', key())],
      '--allow-list-key needs clients to list: --allow-list or --approvals.',
    ],
    [
      'a key that is none',
      () => ['--allow-list-key', file('key.jwk', '{"d":"canary"}')],
      'must hold a private P-256 key as a JWK',
    ],
    [
      'a list that is none',
      () => ['--allow-list', file('list.yaml', 'a: b'), '--allow-list-key', file('key.jwk', key())],
      'must be a list of at most 1000 client_ids',
    ],
  ])('with %s it does not start', async (_, more, expected) => {
    const answer = await runRecorded([...words, '--policy', policyFile(), ...more()]);
    expect(answer.code).toBe(2);
    expect(answer.err).toContain(expected);
    expect(answer.err).not.toContain('canary');
  });

  test('a policy that asks for approval does not start without a file for it', async () => {
    const policy = file(
      'approving.yaml',
      `${readFileSync(policyFile(), 'utf8')}approval: required\n`,
    );
    const answer = await runRecorded([...words, '--policy', policy]);
    expect(answer.code).toBe(2);
    expect(answer.err).toContain('policy/approval asks for approval');
  });
});

describe('what cannot be started', () => {
  const run = (more: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    runRecorded([...words, ...more], { env });

  test.each([
    ['no YAML', 'trust: [', /^✖ The policy \S+ is not YAML\. \(usage\)\n {2}at {3}Flow sequence/],
    [
      'no policy',
      'mode: enforce\ntrust:\n  - issuer: x\n    clientIds: []\n    credentialTypes: [A]\n',
      /^✖ The policy \S+ is not usable\. \(usage\)\n {2}at {3}\/trust\/0\/issuer must be one did:web identifier\n {2}at {3}\/trust\/0\/clientIds must name at least one/,
    ],
    [
      'full of aliases',
      'mode: &m enforce\ntrust: []\nblock: [*m]\n',
      /^✖ The policy \S+ is not YAML\. \(usage\)\n {2}at {3}aliases are not read\n$/,
    ],
    [
      'one that trusts plain http',
      'mode: enforce\ntrust:\n  - issuer: did:web:localhost\n    clientIds: ["http://localhost:1/a/"]\n    credentialTypes: [A]\n',
      /^✖ This cannot be done as asked: policy\/trust has plain http prefixes: they need a fetch that allows loopback \(allowLoopback, --allow-loopback\)\. \(usage\)\n$/,
    ],
  ])('a policy file that is %s is exit 2', async (_, text, expected) => {
    const answer = await run(['--policy', file('broken.yaml', text)]);
    expect(answer.code).toBe(2);
    expect(answer.out).toBe('');
    expect(answer.err).toMatch(expected);
    expect(answer.err).not.toContain('    at ');
  });

  test('with --json the failure is one line', async () => {
    const answer = await run(['--policy', file('broken.yaml', 'trust: ['), '--json']);
    expect(answer.code).toBe(2);
    expect(answer.err.trimEnd().split('\n')).toHaveLength(1);
    expect(JSON.parse(answer.err)).toMatchObject({ error: { code: 'usage', exitCode: 2 } });
  });

  test.each([
    ['no policy', [], {}, 'Name the policy file with --policy or SEALWRIGHT_POLICY.'],
    ['a policy from standard input', ['--policy', '-'], {}, 'Name the policy file'],
    [
      'a policy that is not there',
      ['--policy', '/nowhere.yaml'],
      {},
      'cannot be read: it does not exist (ENOENT)',
    ],
    [
      'an address that is none',
      ['--listen', '8789'],
      { SEALWRIGHT_POLICY: 'ok' },
      '--listen is not usable',
    ],
    [
      'others that reach it, and no token',
      ['--listen', '0.0.0.0:0'],
      { SEALWRIGHT_POLICY: 'ok' },
      'A sidecar that others can reach needs a token.',
    ],
    [
      'a deadline that is none',
      ['--answer-within', '5'],
      { SEALWRIGHT_POLICY: 'ok' },
      '--answer-within is from 20 to 99999 milliseconds.',
    ],
    [
      'a table of clients that is none',
      ['--clients', '/nowhere.yaml'],
      { SEALWRIGHT_POLICY: 'ok' },
      'The table of clients /nowhere.yaml is not usable.',
    ],
    [
      'a short token',
      [],
      { SEALWRIGHT_POLICY: 'ok', SEALWRIGHT_SIDECAR_TOKEN: 'canary' },
      'SEALWRIGHT_SIDECAR_TOKEN must have 32 to 256 characters',
    ],
  ])('%s is exit 2', async (_, more, env, expected) => {
    const policy = 'SEALWRIGHT_POLICY' in env ? { SEALWRIGHT_POLICY: policyFile() } : {};
    const answer = await run(more, { ...env, ...policy });
    expect(answer.code).toBe(2);
    expect(answer.out).toBe('');
    expect(answer.err).toContain(expected);
    expect(answer.err).not.toContain('canary');
  });

  test('a token file that holds none is exit 2, and its text is not shown', async () => {
    const path = file('token', 'canary');
    const answer = await run(['--policy', policyFile(), '--token-file', path]);
    expect(answer.code).toBe(2);
    expect(answer.err).toContain(`The token in ${path} is not usable.`);
    expect(answer.err).not.toContain('canary');
  });

  test('an address that is taken is exit 5', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const answer = await run(['--policy', policyFile(), '--listen', `127.0.0.1:${port}`]);
    taken.close();
    expect(answer.code).toBe(5);
    expect(answer.err).toBe(`✖ Cannot listen on 127.0.0.1:${port} (EADDRINUSE). (start-refused)\n`);
  });
});
