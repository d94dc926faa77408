import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type RunningService, startRunningService } from '../support/running-service.ts';
import { startWorkloadIssuer, type WorkloadIssuer } from '../support/workload-issuer.ts';

const file = resolve(import.meta.dirname, '../../docs/github-actions/enrol-agent.yml');

interface Workflow {
  readonly permissions: object;
  readonly jobs: {
    readonly enrol: {
      readonly env: Readonly<Record<string, string>>;
      readonly steps: readonly {
        readonly name: string;
        readonly run: string;
        readonly uses?: string;
      }[];
    };
  };
}

const workflow: Workflow = parse(readFileSync(file, 'utf8'));
const { steps, env } = workflow.jobs.enrol;
const runBash = promisify(execFile);

let service: RunningService;
let github: WorkloadIssuer;
let temporary: string;

beforeAll(async () => {
  service = await startRunningService();
  github = await startWorkloadIssuer();
  temporary = mkdtempSync(join(tmpdir(), 'sealwright-runner-'));
  const rule = await service.call('POST', '/workload-rules', {
    name: 'enrol',
    issuer: github.url,
    claims: { repository: 'acme/billing-bot' },
    grants: { scopes: ['agents:read', 'agents:write', 'keys:write'], team: 'payments' },
  });
  expect(rule.status).toBe(201);
});

afterAll(async () => {
  rmSync(temporary, { recursive: true });
  await github[Symbol.asyncDispose]();
  await service[Symbol.asyncDispose]();
});

/** What a runner answers its own jobs, by the token that only they have. */
async function startRunner() {
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '', 'http://localhost');
    const isJob = request.headers.authorization === 'Bearer of-the-job';
    if (!isJob || url.searchParams.get('api-version') !== '2.0')
      return response.writeHead(401).end();
    const aud = url.searchParams.get('audience');
    const value = await github.sign({ aud, jti: 'job-1', repository: 'acme/billing-bot' });
    return response.end(JSON.stringify({ value }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    server,
    url: `http://localhost:${(server.address() as AddressInfo).port}/?api-version=2.0`,
  };
}

it('the workflow in the docs onboards the agent with a key that stays in the job', async () => {
  const { server, url } = await startRunner();
  const run = (at: number) =>
    runBash('bash', ['--noprofile', '--norc', '-e', '-c', steps[at]?.run ?? ''], {
      env: {
        PATH: process.env['PATH'],
        ...env,
        REGISTRY: service.url,
        RUNNER_TEMP: temporary,
        ACTIONS_ID_TOKEN_REQUEST_URL: url,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'of-the-job',
      },
    });
  const exchanged = await run(0);
  expect(exchanged.stdout).toMatch(/^::add-mask::swt_[\w-]{43}\n$/);
  const onboarded = await run(1);
  expect(JSON.parse(onboarded.stdout)).toMatchObject({ handle: 'billing-bot', state: 'active' });
  const { x, y, d } = JSON.parse(readFileSync(join(temporary, 'agent.jwk.json'), 'utf8'));
  const jwks = await (await fetch(`${service.url}/a/billing-bot/jwks.json`)).json();
  expect(jwks).toMatchObject({ keys: [{ kty: 'EC', x, y }] });
  expect(d).toMatch(/^[\w-]{43}$/);
  const { body } = await service.call('GET', '/agents/billing-bot');
  expect(body).toMatchObject({ team: 'payments', keyCustody: 'jwk' });
  await run(2);
  expect(readdirSync(temporary).sort()).toEqual(['order.json', 'public.json']);
  server.close();
});

it('the workflow asks for one permission, and uses nobody’s action', () => {
  expect(workflow.permissions).toEqual({ 'id-token': 'write' });
  expect(steps.filter(({ uses }) => uses !== undefined)).toEqual([]);
});
