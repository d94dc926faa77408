import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ManifestAgent } from '../../src/manifest/manifest.ts';
import { madeAgent, manifestText } from '../support/made-manifest.ts';
import { type CliAnswer, runRecorded } from '../support/recording-terminal.ts';
import { type RunningService, startRunningService } from '../support/running-service.ts';

const agents = Array.from({ length: 300 }, (_, number) => madeAgent(number));
/** Ten with another version, ten that may write too. */
const changed = agents.map((agent, number): ManifestAgent => {
  if (number % 15 !== 0) return agent;
  if (number % 30 === 0) return { ...agent, version: '1.1.0' };
  const [allowed, ...others] = agent.credentials ?? [];
  if (allowed === undefined) throw new Error('an agent without credentials');
  const actions = [{ action: 'write', resource: 'reports' }];
  return { ...agent, credentials: [{ ...allowed, claims: { actions } }, ...others] };
});

let service: RunningService;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sealwright-apply-'));
  service = await startRunningService();
}, 60_000);

afterAll(async () => {
  await service[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

function run(...words: readonly string[]): Promise<CliAnswer> {
  const env = { SEALWRIGHT_SERVER: service.address, SEALWRIGHT_TOKEN: service.token };
  return runRecorded(words, { env });
}

function fileOf(name: string, entries: readonly ManifestAgent[]): string {
  const path = join(folder, name);
  writeFileSync(path, manifestText(entries));
  return path;
}

/** The entity tag of each agent's client document. */
async function tagsOf(): Promise<ReadonlyMap<string, string | null>> {
  const tags = new Map<string, string | null>();
  for (const { handle } of agents) {
    const response = await fetch(`${service.address}/a/${handle}/client.json`, { method: 'HEAD' });
    tags.set(handle, response.headers.get('etag'));
  }
  return tags;
}

describe('300 agents of 12 teams, from one file', () => {
  const keys = (): string => join(folder, 'keys');

  it('are shown as a plan, and nothing is made', async () => {
    const answer = await run('diff', '-f', fileOf('agents.yaml', agents));
    expect(answer.code).toBe(10);
    expect(answer.out).toMatch(/\+ bot-299\n {4}issue allowed-actions\n {4}issue provenance\n/);
    expect(answer.out).toMatch(/\n300 to create, 0 to change, 0 unchanged, 0 refused\n$/);
    expect((await service.call('GET', '/agents')).body['data']).toEqual([]);
  });

  it('are onboarded with their credentials, and their keys are where only their owner reads', async () => {
    const file = join(folder, 'agents.yaml');
    const unsure = await run('apply', '-f', file, '--keys-dir', keys());
    expect(unsure).toMatchObject({ code: 2, out: '' });
    const answer = await run('apply', '-f', file, '--keys-dir', keys(), '--yes');
    expect(answer.err).toMatch(/\n50 of 300 agents\n(?:.*\n)*300 of 300 agents\n$/);
    expect(answer.out).toBe('300 created, 0 changed, 0 unchanged, 0 refused\n');
    expect(answer.code).toBe(0);
    expect(readdirSync(keys())).toHaveLength(300);
    expect(statSync(keys()).mode & 0o777).toBe(0o700);
    expect(statSync(join(keys(), 'bot-7.jwk.json')).mode & 0o777).toBe(0o600);
    const { kty, crv, x, y, d } = JSON.parse(readFileSync(join(keys(), 'bot-7.jwk.json'), 'utf8'));
    const published = await fetch(`${service.address}/a/bot-7/jwks.json`);
    expect(await published.json()).toMatchObject({ keys: [{ kty, crv, x, y }] });
    expect(answer.out + answer.err).not.toContain(d);
    const listed = await service.call('GET', '/agents?team=team-7&state=active&limit=200');
    expect(listed.body['data']).toHaveLength(25);
  }, 120_000);

  it('are changed in 20 places, and the other 280 are left as they are', async () => {
    const before = await tagsOf();
    const file = fileOf('changed.yaml', changed);
    const preview = await run('diff', '-f', file);
    expect(preview.code).toBe(10);
    expect(preview.out).toContain('~ bot-30\n    version: "1.0.0" -> "1.1.0"\n');
    expect(preview.out).toMatch(/~ bot-15\n {4}replace allowed-actions crd_\w+\n/);
    expect(preview.out).toMatch(/\n0 to create, 20 to change, 280 unchanged, 0 refused\n$/);
    const answer = await run('apply', '-f', file, '--yes', '--json');
    expect(answer).toMatchObject({ code: 0, err: '' });
    const { summary } = JSON.parse(answer.out);
    expect(summary).toEqual({ create: 0, change: 20, unchanged: 280, refuse: 0 });
    const after = await tagsOf();
    const touched = agents.filter(({ handle }) => before.get(handle) !== after.get(handle));
    expect(touched.map(({ handle }) => Number(handle.slice(4)) % 15)).toEqual(
      Array.from({ length: 20 }, () => 0),
    );
    const access = await service.call('GET', '/access?action=read&resource=logs/team-3');
    // Of the 25 agents of team 3, five (15, 75, …) lost what the file no longer has.
    expect(access.body['data']).toHaveLength(20);
  }, 120_000);

  it('have nothing to change once that is done, and so has their export', async () => {
    expect(await run('diff', '-f', join(folder, 'changed.yaml'))).toMatchObject({
      code: 0,
      out: '0 to create, 0 to change, 300 unchanged, 0 refused\n',
    });
    const exported = join(folder, 'exported.yaml');
    expect(await run('export', '-f', exported)).toMatchObject({ code: 0, out: '' });
    expect(await run('diff', '-f', exported)).toMatchObject({
      code: 0,
      out: '0 to create, 0 to change, 300 unchanged, 0 refused\n',
    });
    const again = await run('export');
    expect(again.out).toBe(readFileSync(exported, 'utf8'));
    const applied = await run('apply', '-f', exported, '--no-input');
    expect(applied).toMatchObject({
      code: 0,
      out: '0 created, 0 changed, 300 unchanged, 0 refused\n',
    });
  }, 60_000);

  it('fit into one call of the API, which compares them too', async () => {
    const body = { agents: changed, preview: true };
    expect(JSON.stringify(body).length).toBeGreaterThan(100_000);
    const { status, body: answer } = await service.call('POST', '/apply', body);
    expect(status).toBe(200);
    expect(answer['summary']).toEqual({ create: 0, change: 0, unchanged: 300, refuse: 0 });
  });
});

describe('an agent that cannot be had', () => {
  it('is told with its place and does not stop the others, and the exit code says so', async () => {
    const made: ManifestAgent[] = [
      { ...madeAgent(900), keyCustody: 'registry' },
      { ...madeAgent(901), keyCustody: 'registry', owners: ['nobody'] },
    ];
    const answer = await run('apply', '-f', fileOf('some.yaml', made), '--yes');
    expect(answer.code).toBe(5);
    expect(answer.out).toBe('1 created, 0 changed, 0 unchanged, 1 refused\n');
    expect(answer.err).toContain(
      '✖ bot-901\n    The agent is not well described. (invalid-input)\n',
    );
    expect(answer.err).toContain('    /owners/0 must be an e-mail address\n');
  });
});
