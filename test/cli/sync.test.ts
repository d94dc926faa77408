import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type AdminServer, admin } from '../reach/support/admin-server.ts';
import { auth0Client, startAuth0Server } from '../reach/support/auth0-server.ts';
import { keycloakClient, realm, startKeycloakServer } from '../reach/support/keycloak-server.ts';
import { type AgentWorld, startAgentWorld, type WorldAgent } from '../support/agent-world.ts';
import { runRecorded } from '../support/recording-terminal.ts';

const binary = resolve(import.meta.dirname, '../../dist/cli/cli.js');
const directory = mkdtempSync(join(tmpdir(), 'sync-'));
const env = {
  SEALWRIGHT_SYNC_CLIENT_ID: admin.clientId,
  SEALWRIGHT_SYNC_CLIENT_SECRET: admin.clientSecret,
};

let world: AgentWorld;
let agent: WorldAgent;
let server: AdminServer;

beforeAll(async () => {
  world = await startAgentWorld();
  agent = await world.publish({ handle: 'bot', authorizedScopes: ['read:logs'] });
  file(
    'trust.yaml',
    `mode: enforce
trust:
  - issuer: ${world.issuer}
    clientIds: [${world.origin}/a/]
    credentialTypes: [AgentAuthorizationCredential]
`,
  );
  file('clients.yaml', `bot: ${agent.clientId}\n`);
});

beforeEach(async () => {
  server = await startKeycloakServer();
  server.clients.set('bot', keycloakClient('bot'));
});

afterEach(async () => {
  await world.mark(agent, 'revocation', false);
  await server[Symbol.asyncDispose]();
});

afterAll(async () => {
  rmSync(directory, { recursive: true, force: true });
  await world[Symbol.asyncDispose]();
});

function file(name: string, text?: string): string {
  const path = join(directory, name);
  if (text !== undefined) writeFileSync(path, text);
  return path;
}

const common = () => [
  ...['sync', '--url', `${server.url}/`, '--clients', file('clients.yaml')],
  ...['--policy', file('trust.yaml'), '--allow-loopback'],
];
const keycloak = () => [...common(), '--to', 'keycloak', '--realm', realm];
const runOnce = async (...more: readonly string[]) => {
  const answer = await runRecorded([...keycloak(), '--once', ...more], { env });
  expect(answer.out + answer.err).not.toContain('canary');
  return {
    ...answer,
    lines: answer.out
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line)),
  };
};
const isEnabled = () => server.clients.get('bot')?.['enabled'];

describe('one round', () => {
  test('says nothing when all is as it should be, and ends with 0', async () => {
    expect(await runOnce()).toMatchObject({ code: 0, out: '', err: '' });
    expect(isEnabled()).toBe(true);
  });

  test('disables who is revoked, tells it as a line of JSON, and enables when that is over', async () => {
    await world.mark(agent, 'revocation', true);
    const { code, lines } = await runOnce();
    expect([code, lines]).toEqual([
      0,
      [
        {
          time: expect.stringMatching(/^\d{4}-/),
          client: 'bot',
          clientId: agent.clientId,
          outcome: 'rejected',
          reason: 'status-revoked',
          action: 'disabled',
          failure: null,
        },
      ],
    ]);
    expect(isEnabled()).toBe(false);
    await world.mark(agent, 'revocation', false);
    expect((await runOnce()).lines).toMatchObject([{ action: 'enabled', reason: null }]);
    expect(isEnabled()).toBe(true);
  });

  test('in a dry run changes nothing', async () => {
    await world.mark(agent, 'revocation', true);
    expect((await runOnce('--dry-run')).lines).toMatchObject([{ action: 'would-disable' }]);
    expect(isEnabled()).toBe(true);
  });

  test('ends with 5 when something could not be done', async () => {
    await world.mark(agent, 'revocation', true);
    server.troubles.push({ method: 'PUT', pattern: /./, how: { status: 403 } });
    const { code, lines } = await runOnce();
    expect(code).toBe(5);
    expect(lines).toMatchObject([{ action: 'failed', failure: { code: 'forbidden' } }]);
  });

  test('remembers in a file since when a client is undetermined, and counts for Prometheus', async () => {
    const [state, metrics] = [file('state.json'), file('sync.prom')];
    const mend = world.breakBelow('/a/bot');
    const more = ['--state', state, '--metrics', metrics];
    expect((await runOnce(...more, '--grace', '1h')).lines).toMatchObject([
      { action: 'waiting', outcome: 'undetermined' },
    ]);
    const { undeterminedSince } = JSON.parse(readFileSync(state, 'utf8'));
    expect(Object.keys(undeterminedSince)).toEqual(['bot']);
    expect(readFileSync(metrics, 'utf8')).toContain(
      'sealwright_sync_clients{action="waiting"} 1\n',
    );
    writeFileSync(state, JSON.stringify({ undeterminedSince: { bot: Date.now() - 3_600_000 } }));
    expect((await runOnce(...more, '--grace', '1h')).lines).toMatchObject([{ action: 'disabled' }]);
    mend();
    expect((await runOnce(...more)).lines).toMatchObject([{ action: 'enabled' }]);
    expect(JSON.parse(readFileSync(state, 'utf8'))).toEqual({ undeterminedSince: {} });
  });

  test('takes decisions from a file of approvals, and writes nothing to it', async () => {
    const path = file('approvals.json');
    const decision = {
      state: 'blocked',
      by: 'a',
      reason: 'b',
      at: '2026-11-20T12:00:00Z',
      digest: null,
    };
    const name = new URL(agent.clientId).host;
    const entry = { name, decision, approved: null, seen: null, history: [] };
    const text = JSON.stringify({ version: 1, approvals: [entry] });
    writeFileSync(path, text);
    expect((await runOnce('--approvals', path)).lines).toMatchObject([
      { action: 'disabled', reason: 'client-blocked' },
    ]);
    const waiting = file(
      'approving.yaml',
      `${readFileSync(file('trust.yaml'), 'utf8')}approval: required\n`,
    );
    writeFileSync(path, '{"version":1,"approvals":[]}');
    await runOnce('--approvals', path, '--policy', waiting);
    expect(readFileSync(path, 'utf8')).toBe('{"version":1,"approvals":[]}');
  });

  test('in Auth0 takes the grant types away', async () => {
    await using tenant = await startAuth0Server();
    tenant.clients.set('bot', auth0Client('bot'));
    await world.mark(agent, 'revocation', true);
    const words = [...common(), '--to', 'auth0', '--url', tenant.url, '--once'];
    expect((await runRecorded(words, { env })).code).toBe(0);
    expect(tenant.clients.get('bot')).toMatchObject({ grant_types: [] });
  });
});

test('goes on until it is told to stop, and sees what changed meanwhile', async () => {
  const words = [...keycloak(), '--every', '5s'];
  const child = spawn(process.execPath, [binary, ...words], { env: { ...process.env, ...env } });
  const text = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    text.out += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    text.err += chunk;
  });
  await expect.poll(() => server.requests.length, { timeout: 20_000 }).toBe(1);
  writeFileSync(file('clients.yaml'), `bot: ${agent.clientId}x\n`);
  await expect.poll(() => text.out, { timeout: 15_000 }).toContain('"action": "disabled"');
  writeFileSync(file('clients.yaml'), `bot: ${agent.clientId}\n`);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(text.err).toBe('sealwright: stopped\n');
}, 40_000);

describe('what cannot be started', () => {
  test.each<[string, readonly string[], Readonly<Record<string, string>>, string]>([
    ['without credentials', [], {}, 'The client that changes others is missing.'],
    ['without a realm', ['--realm', ''], env, '--realm is given for Keycloak, and only there.'],
    ['with a realm, for Auth0', ['--to', 'auth0'], env, '--realm is given for Keycloak'],
    ['with a URL in plain http', ['--url', 'http://sso.acme.com'], env, '--url is the https URL'],
    ['with a URL that is none', ['--url', 'sso'], env, '--url is the https URL'],
    ['with a pause that is too short', ['--every', '1s'], env, '--every is a duration'],
    ['with a grace that is none', ['--grace', '5'], env, '--grace is a duration'],
    ['without a table', ['--clients', '/nowhere.yaml'], env, 'The table of clients'],
    ['with a broken state', ['--state', file('broken', '{')], env, 'The state file'],
    ['with broken approvals', ['--approvals', file('broken', '{')], env, 'The approvals in'],
    ['without a policy', ['--policy', '-'], env, 'Name the policy file'],
  ])('%s it is exit 2', async (_, more, given, expected) => {
    const answer = await runRecorded([...keycloak(), '--once', ...more], { env: given });
    expect(answer.code).toBe(2);
    expect(answer.err).toContain(expected);
    expect(answer.err).not.toContain('canary');
    expect(existsSync(join(directory, 'broken.next'))).toBe(false);
  });

  test('a plain http URL of this machine is for development', async () => {
    const words = keycloak().filter((word) => word !== '--allow-loopback');
    const answer = await runRecorded([...words, '--once'], { env });
    expect([answer.code, answer.err]).toEqual([
      2,
      expect.stringContaining('--url is the https URL'),
    ]);
  });
});
