import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Disposals } from '../../src/demo/disposals.ts';
import { type AgentWorld, startAgentWorld, type WorldAgent } from '../support/agent-world.ts';
import { asInstalled } from '../support/installed-verifier.ts';
import { freePort } from '../support/running-service.ts';

const root = resolve(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/run-an-as/node-oidc-provider.md'), 'utf8');
const [, section = ''] = page.split('## Try it on one machine');
const [serverProgram = '', agentProgram = ''] = [
  ...section.matchAll(/(?<=```js\n)[\s\S]*?(?=```)/g),
].map(([program]) => program);

let disposals: Disposals;
let world: AgentWorld;
let folder: string;
let port: number;

beforeEach(async () => {
  disposals = new Disposals();
  // The name that the section's registry has.
  world = disposals.use(await startAgentWorld({ origin: 'https://localhost:8787' }));
  folder = mkdtempSync(join(tmpdir(), 'sealwright-one-machine-'));
  port = await freePort();
});

afterEach(async () => {
  await disposals[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

function start(program: string): ChildProcess {
  const here = asInstalled(program).replaceAll('4000', String(port));
  return spawn(process.execPath, ['--input-type=module', '-e', here], {
    cwd: root,
    env: { ...process.env, NODE_ENV: 'development' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

/** Runs the server of the section, which reads this world, until the test ends. */
async function startServer(): Promise<void> {
  const reading = `((guarded) => Object.assign(
      (url, options) => guarded(url.replace('${world.origin}', '${world.address}'), options),
      { ...guarded },
    ))(guardedFetch({ allowLoopback: true }))`;
  const given = 'guardedFetch({ allowLoopback: true })';
  expect(serverProgram).toContain(given);
  const child = start(serverProgram.replace(given, reading));
  const gone = once(child, 'exit');
  disposals.use({
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await gone;
    },
  });
  if (child.stdout === null) throw new Error('the server has no output');
  const [said] = await Promise.race([once(child.stdout, 'data'), gone]);
  expect(String(said)).toBe(`http://localhost:${port}\n`);
}

/** What the agent of the section prints. */
async function askAs(agent: WorldAgent): Promise<string> {
  const file = join(folder, 'billing-bot.jwk.json');
  writeFileSync(file, JSON.stringify(agent.privateJwk));
  const child = start(agentProgram.replace('keys/billing-bot.jwk.json', file));
  if (child.stdout === null) throw new Error('the agent has no output');
  return text(child.stdout);
}

describe('the trial on one machine', () => {
  it('has an agent of ten lines', () => {
    expect(agentProgram.trim().split('\n')).toHaveLength(10);
  });

  it('gives an agent a token with what its papers permit', async () => {
    const agent = await world.publish({
      handle: 'billing-bot',
      authorizedScopes: ['read:logs/production'],
    });
    await startServer();
    const granted = await askAs(agent);
    expect(granted).toContain("access_token: '");
    expect(granted).toContain("scope: 'read:logs/production'");
  }, 30_000);

  it('gives a suspended agent none', async () => {
    const agent = await world.publish({ handle: 'billing-bot', authorizedScopes: [] });
    await world.mark(agent, 'suspension', true);
    await startServer();
    expect(await askAs(agent)).toContain("error: 'invalid_client'");
  }, 30_000);
});
