import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { type OutputChunk, rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCompactJws } from '../../src/protocol/compact-jws.ts';
import { createVerifier } from '../../src/verifier/index.ts';
import { guardedFetch } from '../../src/verifier/node/index.ts';
import type { Fetch, FetchedResponse } from '../../src/verifier/ports.ts';
import type { Verdict } from '../../src/verifier/verdict.ts';
import { type InstalledVerifier, installVerifier } from './installed-verifier.ts';
import { type LiveAgent, startLiveAgent } from './live-agent.ts';
import { startWebRuntime, type WebRuntime } from './web-runtime.ts';

/** What a verifier read about the agent, and when. */
interface Recording {
  readonly responses: ReadonlyMap<string, FetchedResponse>;
  readonly nowMs: number;
}

const network = guardedFetch({ allowLoopback: true });

let installed: InstalledVerifier;
let agent: LiveAgent;
let bundle: OutputChunk;
let runtime: WebRuntime;
let good: Recording;
let revoked: Recording;

beforeAll(async () => {
  [installed, agent] = await Promise.all([installVerifier(), startLiveAgent()]);
  bundle = await bundleWorker(installed.folder);
  runtime = await startWebRuntime(installed.folder, bundle.code);
  good = await recordGood();
  await agent.retire();
  revoked = await recordRevoked();
});

afterAll(async () => {
  await runtime[Symbol.asyncDispose]();
  installed[Symbol.dispose]();
  await agent[Symbol.asyncDispose]();
});

/** The worker and what it imports as one module, made where the package is installed. */
async function bundleWorker(folder: string): Promise<OutputChunk> {
  const input = join(folder, 'web-worker.mjs');
  copyFileSync(join(import.meta.dirname, 'web-worker.mjs'), input);
  await using bundling = await rolldown({ input, platform: 'neutral' });
  const { output } = await bundling.generate({ format: 'esm' });
  expect(output).toHaveLength(1);
  return output[0];
}

async function recordGood(): Promise<Recording> {
  const responses = new Map<string, FetchedResponse>();
  const record: Fetch = Object.assign(
    async (...asked: Parameters<Fetch>) => {
      const outcome = await network(...asked);
      if (outcome.ok) responses.set(asked[0], outcome.response);
      return outcome;
    },
    { ...network },
  );
  await createVerifier({ fetch: record, policy: agent.policy }).verifyClient(agent.clientId);
  return { responses, nowMs: Date.now() };
}

/** The same papers with the status lists of now, as a verifier has them that holds a copy. */
async function recordRevoked(): Promise<Recording> {
  const responses = new Map(good.responses);
  for (const url of agent.statusLists) {
    const bounds = { maxBytes: 1_000_000, deadline: Date.now() + 5_000 };
    const outcome = await network(url, { accept: 'application/vc+jwt', ...bounds });
    if (!outcome.ok) throw new Error(outcome.detail);
    responses.set(url, outcome.response);
  }
  return { responses, nowMs: Date.now() };
}

/** The verdict here, with what Node lends. */
function judgeInNode({ responses, nowMs }: Recording): Promise<Verdict> {
  const replay = async (url: string) => {
    const response = responses.get(url);
    return response === undefined
      ? ({ ok: false, failure: 'failed', detail: 'not recorded' } as const)
      : ({ ok: true, response } as const);
  };
  const fetch = Object.assign(replay, { ...network });
  const { policy, clientId, scope } = agent;
  return createVerifier({ fetch, policy, clock: () => nowMs }).verifyClient(clientId, { scope });
}

async function judgeInWorker({ responses, nowMs }: Recording): Promise<Verdict> {
  const documents = [...responses].map(([url, { status, headers, body }]) => ({
    url,
    status,
    headers: [...headers],
    body: Buffer.from(body).toString('base64'),
  }));
  const { policy, clientId, scope } = agent;
  const question = { clientId, scope, policy, documents, nowMs };
  return (await runtime.ask('judge', question)) as Verdict;
}

/** What has to be the same wherever and however often it is judged. */
function lastingPartOf({ report, ...verdict }: Verdict): unknown {
  const checks = report.checks.map(({ ms: _ms, ...check }) => check);
  return JSON.parse(JSON.stringify({ ...verdict, report: { ...report, report: '', checks } }));
}

describe('a runtime with the Web’s APIs only', () => {
  it('has no module and no global of Node, and what a verifier needs', async () => {
    const modules = ['crypto', 'buffer', 'fs', 'net', 'dns', 'zlib', 'http', 'timers'];
    const globals = ['process', 'Buffer', 'setImmediate', 'global', 'require'];
    const prefixed = modules.map((name) => `node:${name}`);
    const nodes = { modules: [...modules, ...prefixed], globals };
    expect(await runtime.ask('find', nodes)).toEqual([]);
    const others = { modules: ['cloudflare:workers'], globals: ['crypto', 'DecompressionStream'] };
    expect(await runtime.ask('find', others)).toEqual([
      'cloudflare:workers',
      'crypto',
      'DecompressionStream',
    ]);
  });

  it('is given the verifier with jose and nothing of Node', () => {
    expect([bundle.imports, bundle.dynamicImports]).toEqual([[], []]);
    expect(bundle.code).not.toMatch(/["'`]node:/);
    const packages = bundle.moduleIds.flatMap(
      (id) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(id)?.slice(1) ?? [],
    );
    expect([...new Set(packages)].sort()).toEqual(['@sealwright/verifier', 'jose']);
  });

  it('accepts an agent in good standing, as Node does', async () => {
    const verdict = await judgeInWorker(good);
    expect(verdict).toMatchObject({
      outcome: 'accepted',
      reason: null,
      granted: ['read:logs/production'],
      withheld: ['read:logs/pii'],
    });
    expect(lastingPartOf(verdict)).toEqual(lastingPartOf(await judgeInNode(good)));
  });

  it('rejects it once it is revoked, as Node does', async () => {
    const verdict = await judgeInWorker(revoked);
    expect(verdict).toMatchObject({ outcome: 'rejected', reason: 'status-revoked', granted: [] });
    expect(lastingPartOf(verdict)).toEqual(lastingPartOf(await judgeInNode(revoked)));
  });

  it('cannot find out without the status lists, as Node cannot', async () => {
    const lists = new Set(agent.statusLists);
    const responses = new Map([...good.responses].filter(([url]) => !lists.has(url)));
    const verdict = await judgeInWorker({ ...good, responses });
    expect(verdict).toMatchObject({ outcome: 'undetermined', reason: 'status-unavailable' });
    const here = await judgeInNode({ ...good, responses });
    expect(lastingPartOf(verdict)).toEqual(lastingPartOf(here));
  });

  it('takes a passport apart, as Node does', async () => {
    const { body } = good.responses.get(agent.clientId) ?? {};
    const { 'vc+jwt': jwt } = JSON.parse(new TextDecoder().decode(body)) as { 'vc+jwt': string };
    const expectation = { maxBytes: 16_000, typ: ['vc+jwt'] };
    const here = parseCompactJws(jwt, expectation);
    expect(here).toMatchObject({ ok: true, value: { header: { alg: 'ES256' } } });
    const there = await runtime.ask('parse', { jwt, expectation });
    expect(there).toEqual(JSON.parse(JSON.stringify(here)));
  });
});
