import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Measurement } from '../../src/cli/measure-change.ts';
import { createSidecar } from '../../src/sidecar/create-sidecar.ts';
import { PolicyInForce } from '../../src/sidecar/policy-in-force.ts';
import { type RunningSidecar, startSidecar } from '../../src/sidecar/start-sidecar.ts';
import { createVerifier } from '../../src/verifier/index.ts';
import { guardedFetch } from '../../src/verifier/node/index.ts';
import type { TrustPolicy } from '../../src/verifier/ports.ts';
import { runRecorded } from '../support/recording-terminal.ts';
import { type RunningService, startRunningService } from '../support/running-service.ts';

const sidecarToken = 'sidecar-token-of-the-tests-0123456789';
const types = ['AgentAuthorizationCredential', 'AgentAllowedActionsCredential'];
const directory = mkdtempSync(join(tmpdir(), 'measured-'));

let running: RunningService;
let sidecar: RunningSidecar;
let closeSidecar: () => void;

beforeAll(async () => {
  running = await startRunningService();
  const policy = policyFor(running.service.organization.did);
  const desk = createSidecar({
    verifier: createVerifier({ fetch: guardedFetch({ allowLoopback: true }), policy }),
    policy: new PolicyInForce(policy),
    token: sidecarToken,
    decided: () => undefined,
    say: () => undefined,
    allowLoopback: true,
  });
  sidecar = await startSidecar({ host: '127.0.0.1', port: 0 }, desk.listener);
  closeSidecar = desk.close;
});

afterAll(async () => {
  closeSidecar();
  await sidecar.close();
  await running[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

function policyFor(issuer: string): TrustPolicy {
  const trust = [{ issuer, clientIds: [`${running.url}/a/`], credentialTypes: types }];
  return { mode: 'enforce', trust };
}

/** A new agent's allowed-actions credential. */
async function issue(handle: string): Promise<string> {
  const agent = { handle, kind: 'agent', name: handle, owners: ['o@acme.example'] };
  await running.call('POST', '/agents', { ...agent, keyCustody: 'registry' });
  const claims = { actions: [{ action: 'read', resource: 'logs' }] };
  const order = { type: 'allowed-actions', claims, reason: 'CHG-1', visibility: 'public' };
  const { status, body } = await running.call('POST', `/agents/${handle}/credentials`, order);
  expect(status).toBe(201);
  return String(body['id']);
}

function revoke(id: string, more: readonly string[], token = sidecarToken) {
  const env = {
    SEALWRIGHT_SERVER: running.url,
    SEALWRIGHT_TOKEN: running.token,
    SEALWRIGHT_SIDECAR_TOKEN: token,
  };
  const words = ['credential', 'revoke', id, '--reason', 'INC-204', '--measure'];
  return runRecorded([...words, '--allow-loopback', ...more], { env });
}

async function stateOf(id: string): Promise<unknown> {
  return (await running.call('GET', `/credentials/${id}`)).body['state'];
}

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

describe.concurrent('a revocation that is measured', { timeout: 90_000 }, () => {
  it('is known to list, registry, verifier and sidecar within a minute, each with its time', async () => {
    const id = await issue('measured-bot');
    const answer = await revoke(id, ['--as', sidecar.url, '--json']);
    expect(answer.code).toBe(0);
    const { measure, ...changed } = JSON.parse(answer.out) as { readonly measure: Measurement };
    expect(changed).toMatchObject({ id, state: 'revoked' });
    const { observers, answeredAfterMs } = measure;
    expect(observers.map(({ name, before, after, knew }) => [name, before, after, knew])).toEqual([
      ['status list', 'bit clear', 'bit set', true],
      ['registry', 'active', 'revoked', true],
      ['verifier', 'accepted', 'rejected (status-revoked)', true],
      ['sidecar', 'accepted', 'rejected (status-revoked)', true],
    ]);
    expect(observers[3]?.at).toBe(`${sidecar.url}/api/v1/verify`);
    for (const { msSinceAsked, msSinceAnswered } of observers) {
      expect(Number(msSinceAsked) - Number(msSinceAnswered)).toBeCloseTo(answeredAfterMs, -1);
      expect(msSinceAnswered).toBeLessThan(60_000);
    }
    const times = observers.map(({ name, msSinceAnswered }) => `${name} ${msSinceAnswered} ms`);
    console.info(`since the call was answered: ${times.join(', ')}`);
    // The answer comes once the lists are published; who holds a copy goes on with it for a while.
    expect(observers[0]?.msSinceAnswered).toBeLessThan(5_000);
    expect(observers[1]?.msSinceAnswered).toBeLessThan(5_000);
  });

  it('that somebody did not learn of in time is exit 3, and stands', async () => {
    const id = await issue('late-bot');
    const answer = await revoke(id, [
      '--as',
      `${sidecar.url}/api/v1/verify`,
      '--give-up-after',
      '1',
    ]);
    expect(answer.code).toBe(3);
    expect(answer.err).toBe('The service has answered; following for up to 1 s.\n');
    expect(answer.out).toContain(`✔ ${id} is revoked; published at `);
    expect(answer.out).toMatch(/^status list +-?[\d,]+ ms +-?[\d,]+ ms +bit clear, then bit set$/m);
    expect(answer.out).toMatch(/^verifier +not in time +not in time +accepted$/m);
    expect(answer.out).toMatch(/^sidecar +not in time +not in time +accepted$/m);
    expect(await stateOf(id)).toBe('revoked');
  });

  it('is not to be seen by those who refused the credential before, or cannot be asked', async () => {
    const id = await issue('unseen-bot');
    const policy = file('other.yaml', 'mode: enforce\ntrust: []\n');
    const answer = await revoke(
      id,
      ['--as', sidecar.url, '--policy', policy, '--give-up-after', '1'],
      'another-token-of-the-tests-0123456789',
    );
    expect(answer.code).toBe(3);
    expect(answer.out).toMatch(/^verifier +not measured +not measured +rejected \(issuer-not-tr/m);
    expect(answer.out).toMatch(/^sidecar +not measured +not measured +status 401$/m);
  });
});

describe('what cannot be measured changes nothing', () => {
  it.each([
    [
      'a sidecar that is no URL',
      ['--as', 'sidecar'],
      '--as is the http or https URL of a sidecar.',
    ],
    ['a limit that is no number', ['--give-up-after', '0'], '--give-up-after takes a number'],
    ['a policy that is not there', ['--policy', '/nowhere/x.yaml'], 'it does not exist'],
  ])('%s is exit 2', async (_, more, said) => {
    const id = await issue(`kept-${more[0]?.slice(2, 4)}-bot`);
    const answer = await revoke(id, more);
    expect(answer).toMatchObject({ code: 2, out: '', err: expect.stringContaining(said) });
    expect(await stateOf(id)).toBe('active');
  });

  it('options of --measure without it are exit 2', async () => {
    const words = ['credential', 'revoke', 'crd_1', '--reason', 'x', '--as', 'https://x.example'];
    const { code, err } = await runRecorded(words);
    expect(code).toBe(2);
    expect(err).toContain('need --measure');
  });

  it('a credential that is not there is exit 5, in the words of the service', async () => {
    const { code, err } = await revoke('crd_00000000000000000000000000', []);
    expect(code).toBe(5);
    expect(err).toContain('(credential-not-found)');
  });

  it('a service that refuses in the end is exit 5, in its words', async () => {
    const id = await issue('refused-bot');
    const front = createServer((request, response) => {
      if (request.method === 'POST') {
        const problem = { title: 'No', code: 'not-permitted', fix: 'Ask.' };
        response.writeHead(403, { 'content-type': 'application/problem+json' });
        response.end(JSON.stringify(problem));
        return;
      }
      void running.call('GET', (request.url ?? '').replace('/api/v1', '')).then(({ body }) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(body));
      });
    }).listen(0, '127.0.0.1');
    await new Promise((listening) => front.once('listening', listening));
    const { port } = front.address() as AddressInfo;
    const answer = await revoke(id, ['--server', `http://127.0.0.1:${port}`]);
    front.closeAllConnections();
    front.close();
    expect(answer).toMatchObject({ code: 5, out: '' });
    expect(answer.err).toContain('(not-permitted)');
    expect(await stateOf(id)).toBe('active');
  });
});
