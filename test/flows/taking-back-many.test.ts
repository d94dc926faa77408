import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runRecorded } from '../support/recording-terminal.ts';
import { type RunningService, startRunningService } from '../support/running-service.ts';

let service: RunningService;

beforeAll(async () => {
  service = await startRunningService();
});

afterAll(() => service[Symbol.asyncDispose]());

/** Onboards agents of a team of their own, each with permission to read logs. */
async function onboardTeam(team: string, count: number): Promise<readonly string[]> {
  const handles = Array.from({ length: count }, (_, place) => `${team}-${place}`);
  await Promise.all(
    handles.map(async (handle) => {
      const owners = ['a@acme.com', 'b@acme.com'];
      const agent = { handle, kind: 'agent', name: handle, owners, team, keyCustody: 'registry' };
      expect((await service.call('POST', '/agents', agent)).status).toBe(201);
      const claims = { actions: [{ action: 'read', resource: 'logs' }] };
      const facet = { type: 'allowed-actions', claims, reason: 'CHG-1' };
      const issued = await service.call('POST', `/agents/${handle}/credentials`, facet);
      expect(issued.body).toMatchObject({ renewsAt: expect.any(String), renewedBy: null });
    }),
  );
  return handles;
}

async function readersOfLogs(): Promise<readonly string[]> {
  const { body } = await service.call('GET', '/credentials?type=allowed-actions&state=active');
  return (body['data'] as readonly { agent: string }[]).map(({ agent }) => agent).sort();
}

async function statesIn(team: string): Promise<readonly string[]> {
  const { body } = await service.call('GET', `/agents?team=${team}`);
  return (body['data'] as readonly { state: string }[]).map(({ state }) => state);
}

async function passportOf(handle: string) {
  const document = await fetch(`${service.url}/a/${handle}/client.json`);
  const jwt: string = (await document.json())['vc+jwt'];
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8'));
}

function run(words: readonly string[], input?: string) {
  const env = { SEALWRIGHT_SERVER: service.address, SEALWRIGHT_TOKEN: service.token };
  return runRecorded(words, { env, ...(input === undefined ? {} : { input, interactive: true }) });
}

describe('over HTTP', () => {
  it('a team loses a permission, after a preview that changed nothing', async () => {
    const handles = await onboardTeam('billing', 3);
    const filter = { team: 'billing', type: 'allowed-actions' };
    const order = { filter, reason: 'INC-204' };
    const preview = await service.call('POST', '/revocations', { ...order, preview: true });
    expect(preview.body).toMatchObject({ of: 'credentials', count: 3, publishedAt: null });
    expect(await readersOfLogs()).toEqual(handles);
    const done = await service.call('POST', '/revocations', order);
    expect(done.status).toBe(200);
    expect(done.body).toMatchObject({ count: 3, preview: false, publishedAt: expect.any(String) });
    expect([...(done.body['ids'] as string[])].sort()).toEqual(
      [...(preview.body['ids'] as string[])].sort(),
    );
    expect(await readersOfLogs()).toEqual([]);
    for (const handle of handles) {
      expect((await passportOf(handle)).credentialSubject.authorizedScopes).toEqual([]);
    }
    const again = await service.call('POST', '/revocations', order);
    expect(again.body).toMatchObject({ count: 0, ids: [] });
  });

  it('the agents of a team stop, and each can be resumed', async () => {
    const handles = await onboardTeam('claims', 5);
    const order = { filter: { team: 'claims' }, reason: 'INC-205' };
    const done = await service.call('POST', '/suspensions', order);
    expect(done.body).toMatchObject({ of: 'agents', count: 5 });
    expect(new Set(await statesIn('claims'))).toEqual(new Set(['suspended']));
    const [handle] = handles;
    const resumed = await service.call('POST', `/agents/${handle}/resume`, { reason: 'over' });
    expect(resumed.body).toMatchObject({ state: 'active', advice: [] });
  });

  it.each([
    ['no filter', { reason: 'x' }, '/filter'],
    ['an empty filter', { filter: {}, reason: 'x' }, '/filter'],
    ['an unknown member', { filter: { teams: 'x' }, reason: 'x' }, '/filter/teams'],
    ['no reason', { filter: { team: 'x' } }, '/reason'],
    ['an odd moment', { filter: { issuedBefore: 'now' }, reason: 'x' }, '/filter/issuedBefore'],
  ])('%s is refused by name', async (_, body, pointer) => {
    for (const path of ['/revocations', '/suspensions']) {
      const refused = await service.call('POST', path, body);
      expect(refused.status).toBe(400);
      expect(refused.body['errors']).toMatchObject([{ pointer }]);
    }
  });
});

describe('on the command line', () => {
  it('a revocation is counted, asked for and done', async () => {
    await onboardTeam('ledger', 2);
    const words = ['revoke', '--team', 'ledger', '--type', 'allowed-actions', '--reason', 'INC-1'];
    const preview = await run([...words, '--preview']);
    expect(preview.out).toMatch(/^✔ 2 credentials to be revoked\n {2}crd_\w+\n {2}crd_\w+\n$/);
    expect(await run(words)).toMatchObject({ code: 2, err: expect.stringContaining('--yes') });
    expect(await run([...words, '--no-input'], 'yes\n')).toMatchObject({ code: 2 });
    expect(await run(words, 'no\n')).toMatchObject({ code: 2, out: '' });
    expect(await readersOfLogs()).toContain('ledger-0');
    const done = await run(words, 'yes\n');
    expect(done.err).toBe('2 credentials will be revoked. Type "yes" to go on: ');
    expect(done.out).toMatch(/^✔ 2 credentials revoked; published at \d{4}-/);
    expect(await readersOfLogs()).not.toContain('ledger-0');
  });

  it('a suspension goes on without being asked, and is data with --json', async () => {
    await onboardTeam('travel', 1);
    const words = ['suspend', '--team', 'travel', '--reason', 'INC-2', '--yes', '--json'];
    const done = await run(words);
    expect(JSON.parse(done.out)).toMatchObject({ of: 'agents', count: 1 });
    expect(await statesIn('travel')).toEqual(['suspended']);
    expect(await run(words)).toMatchObject({ code: 0, err: '' });
  });

  it('nothing named is a matter of usage', async () => {
    const answer = await run(['suspend', '--reason', 'INC-3', '--yes']);
    expect(answer).toMatchObject({ code: 2, err: expect.stringContaining('--team') });
  });
});
