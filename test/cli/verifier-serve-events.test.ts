import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AgentWorld, startAgentWorld, type WorldAgent } from '../support/agent-world.ts';
import { type FakeTransmitter, startFakeTransmitter } from '../support/fake-transmitter.ts';
import { runRecorded } from '../support/recording-terminal.ts';

const binary = resolve(import.meta.dirname, '../../dist/cli/cli.js');
const directory = mkdtempSync(join(tmpdir(), 'serve-events-'));
const token = `${'t'.repeat(31)}-1`;
const words = ['verifier', 'serve', '--listen', '127.0.0.1:0', '--allow-loopback'];

let world: AgentWorld;
let agent: WorldAgent;
let transmitter: FakeTransmitter;
let child: ChildProcess | undefined;
let said = '';

beforeAll(async () => {
  world = await startAgentWorld();
  agent = await world.publish({ handle: 'bot', authorizedScopes: ['read:logs'] });
  transmitter = await startFakeTransmitter(world);
});

afterAll(async () => {
  child?.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
  await world[Symbol.asyncDispose]();
});

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

function policyFile(events: string): string {
  return file(
    'trust.yaml',
    `mode: enforce
trust:
  - issuer: ${world.issuer}
    clientIds: [${world.origin}/a/]
    credentialTypes: [AgentAuthorizationCredential]
events:
${events}`,
  );
}

async function serve(more: readonly string[], env: Readonly<Record<string, string>>) {
  child = spawn(process.execPath, [binary, ...words, ...more], { env: { ...process.env, ...env } });
  said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  child.stdout?.resume();
  const listening = /listening on (http:\/\/127\.0\.0\.1:\d+), /;
  await expect.poll(() => said, { timeout: 20_000 }).toMatch(listening);
  return listening.exec(said)?.[1] ?? '';
}

async function allowed(url: string): Promise<unknown> {
  const response = await fetch(`${url}/hooks/keycloak`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ clientId: agent.clientId, scope: 'read:logs' }),
  });
  return (await response.json()).allow;
}

async function stateOf(url: string): Promise<unknown> {
  const { events } = await (await fetch(`${url}/readyz`)).json();
  return events[0].state;
}

test('a sidecar that polls knows of a revocation within a second, and takes its stream away', async () => {
  const policy = policyFile(`  - { transmitter: ${world.origin}, delivery: poll }\n`);
  const url = await serve(['--policy', policy], {
    SEALWRIGHT_SIDECAR_TOKEN: token,
    SEALWRIGHT_EVENTS_TOKEN: transmitter.token,
  });
  await expect.poll(() => stateOf(url), { timeout: 15_000 }).toBe('up');
  expect(said).toContain(`sealwright: the events of ${world.origin} are up\n`);
  expect(await allowed(url)).toBe(true);
  await world.mark(agent, 'revocation', true);
  const sentAt = performance.now();
  await transmitter.send({ subject: agent.clientId, urls: world.lists });
  await expect.poll(() => allowed(url), { interval: 20, timeout: 5_000 }).toBe(false);
  expect(performance.now() - sentAt).toBeLessThan(1_000);
  await world.mark(agent, 'revocation', false);
  await transmitter.send({ subject: agent.clientId, urls: world.lists });
  await expect.poll(() => allowed(url), { interval: 20, timeout: 5_000 }).toBe(true);
  transmitter.state = 'down';
  await expect.poll(() => stateOf(url), { timeout: 5_000 }).toBe('down');
  expect(await allowed(url)).toBe(true);
  transmitter.state = 'up';
  await expect.poll(() => stateOf(url), { timeout: 15_000 }).toBe('up');
  expect(said).not.toContain(transmitter.token);
  child?.kill('SIGTERM');
  expect(await once(child as ChildProcess, 'exit')).toEqual([0, null]);
  expect(transmitter.streams).toEqual([]);
});

test('a stream with a name of its own stays, and is taken up by the next sidecar', async () => {
  const tokenFile = file('events.token', `${transmitter.token}\n`);
  const policy = policyFile(
    `  - { transmitter: ${world.origin}, delivery: poll, stream: as-1, tokenFile: ${tokenFile} }\n`,
  );
  for (let start = 0; start < 2; start += 1) {
    const url = await serve(['--policy', policy], { SEALWRIGHT_SIDECAR_TOKEN: token });
    await expect.poll(() => stateOf(url), { timeout: 15_000 }).toBe('up');
    child?.kill('SIGTERM');
    await once(child as ChildProcess, 'exit');
    expect(transmitter.streams.map(({ description }) => description)).toEqual(['as-1']);
  }
});

test.each<[string, string, string]>([
  [
    'without a token',
    '  - { transmitter: https://id.acme.com, delivery: poll }\n',
    'There is no token for the events of https://id.acme.com.',
  ],
  [
    'with a push that says no audience',
    '  - { transmitter: https://id.acme.com, delivery: push }\n',
    '/events/0/audience must say what pushed tokens are for',
  ],
  [
    'with a token in the policy',
    '  - { transmitter: https://id.acme.com, delivery: poll, token: canary }\n',
    '/events/0/token is not one of transmitter, delivery, audience',
  ],
  [
    'with an unknown delivery',
    '  - { transmitter: https://id.acme.com, delivery: both }\n',
    '/events/0/delivery must be "poll" or "push"',
  ],
  [
    'with plain http',
    '  - { transmitter: "http://id.acme.com", delivery: poll }\n',
    '/events/0/transmitter must be an https URL without query',
  ],
  [
    'with a transmitter twice',
    '  - { transmitter: https://id.acme.com, delivery: poll }\n  - { transmitter: https://id.acme.com, delivery: poll }\n',
    '/events names a transmitter twice',
  ],
])('%s it does not start', async (_, events, expected) => {
  const answer = await runRecorded([...words, '--policy', policyFile(events)]);
  expect(answer.code).toBe(2);
  expect(answer.err).toContain(expected);
  expect(answer.err).not.toContain('canary');
});
