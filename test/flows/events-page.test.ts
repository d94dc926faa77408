import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseTrustPolicy } from '../../src/verifier/index.ts';
import { type AgentWorld, startAgentWorld, type WorldAgent } from '../support/agent-world.ts';
import { type FakeTransmitter, startFakeTransmitter } from '../support/fake-transmitter.ts';
import { asInstalled } from '../support/installed-verifier.ts';
import { freePort } from '../support/running-service.ts';

const root = resolve(import.meta.dirname, '../..');
const page = readFileSync(resolve(root, 'docs/run-an-as/events.md'), 'utf8');
const audience = 'https://as.example.com/ssf/events';

let world: AgentWorld;
let agent: WorldAgent;
let transmitter: FakeTransmitter;
let child: ChildProcess | undefined;

beforeEach(async () => {
  world = await startAgentWorld();
  agent = await world.publish({ handle: 'bot', authorizedScopes: ['read:logs'] });
  transmitter = await startFakeTransmitter(world);
});

afterEach(async () => {
  if (child?.exitCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  child = undefined;
  await world[Symbol.asyncDispose]();
});

/** The program of the page that says this, in this world, with a question to ask on standard input. */
function run(part: string, port = 0): { readonly said: () => string; ask(): Promise<string> } {
  const programs = page.match(/(?<=```js\n)[\s\S]*?(?=```)/g) ?? [];
  const shown = programs.find((program) => program.includes(part)) ?? '';
  const here = asInstalled(shown)
    .replaceAll('did:web:id.acme.com', world.issuer)
    .replaceAll('https://id.acme.com', world.origin)
    .replaceAll('guardedFetch()', 'guardedFetch({ allowLoopback: true })')
    .replaceAll('guardedPost()', 'guardedPost({ allowLoopback: true })')
    .replaceAll('3000', String(port));
  const asking = `process.stdin.on('data', async () => {
    const { outcome, reason } = await verifier.verifyClient('${agent.clientId}');
    console.log(reason ?? outcome);
  });`;
  const env = { ...process.env, EVENTS_TOKEN: transmitter.token, NODE_ENV: 'development' };
  const typed = ['--input-type=module', '-e', `${here}\n${asking}`];
  const started = spawn(process.execPath, typed, { cwd: root, env });
  child = started;
  let said = '';
  started.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  return {
    said: () => said,
    async ask() {
      const answer = once(started.stdout, 'data');
      started.stdin.write('?');
      return String((await answer)[0]).trim();
    },
  };
}

it('the program that polls knows of a revocation, and takes its stream away at its end', async () => {
  const program = run('followTransmitter');
  await expect.poll(program.said, { timeout: 20_000 }).toContain('events: up');
  expect(await program.ask()).toBe('accepted');
  await world.mark(agent, 'revocation', true);
  expect(await program.ask()).toBe('accepted');
  await transmitter.send({ subject: agent.clientId, urls: world.lists });
  await expect.poll(program.ask, { timeout: 5_000 }).toBe('status-revoked');
  child?.kill('SIGTERM');
  await expect.poll(() => transmitter.streams, { timeout: 5_000 }).toEqual([]);
}, 30_000);

it('the program of Express takes in what is pushed, and refuses the rest', async () => {
  const port = await freePort();
  const program = run('receiveEvents', port);
  const push = async (
    body: string,
    token = transmitter.token,
    type = 'application/secevent+jwt',
  ) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': type };
    const url = `http://localhost:${port}/ssf/events`;
    const response = await fetch(url, { method: 'POST', headers, body });
    return `${response.status} ${(await response.text()).replace(/,.*/, '')}`.trim();
  };
  await expect
    .poll(() => push('x').catch(() => ''), { timeout: 20_000 })
    .toBe('400 {"err":"invalid_request"');
  expect(await program.ask()).toBe('accepted');
  await world.mark(agent, 'revocation', true);
  const set = await transmitter.sign({ subject: agent.clientId, urls: world.lists }, audience);
  expect(await push(set, 'another')).toBe('400 {"err":"authentication_failed"');
  expect(await push(set, transmitter.token, 'application/json')).toBe('415');
  expect(await push('x'.repeat(20_000))).toBe('413');
  expect(await program.ask()).toBe('accepted');
  expect(await push(set)).toBe('202');
  expect(await program.ask()).toBe('status-revoked');
}, 30_000);

it('the policy of the page is one', () => {
  const [shown = ''] = page.match(/(?<=```yaml\n)[\s\S]*?(?=```)/) ?? [];
  expect(parseTrustPolicy(parse(shown))).toMatchObject({
    ok: true,
    value: { events: [{ transmitter: 'https://id.acme.com', delivery: 'poll' }] },
  });
});
