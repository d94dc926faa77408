import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt, exportJWK, generateKeyPair } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type AssertionKey,
  loadKey,
  registryKey,
  requestToken,
} from '../../src/agent-client/index.ts';
import {
  type AuthorizationServer,
  startAuthorizationServer,
} from '../../src/demo/authorization-server.ts';
import { createVerifier } from '../../src/verifier/index.ts';
import { guardedFetch } from '../../src/verifier/node/index.ts';
import { testCertificates } from '../support/agent-world.ts';
import { runRecorded } from '../support/recording-terminal.ts';
import { type RunningService, startRunningService } from '../support/running-service.ts';

const resource = 'https://logs.example';
const scope = 'read:logs/production read:logs/pii';

let folder: string;
let registry: RunningService;
let server: AuthorizationServer;

/** Onboards an agent that may read production logs. */
async function onboard(handle: string, keyCustody: 'issued' | 'registry', profiles: string[] = []) {
  const { body } = await registry.call('POST', '/agents', {
    ...{ handle, keyCustody, profiles },
    kind: 'agent',
    name: 'Triage bot',
    owners: ['owner@acme.example'],
  });
  const issued = await registry.call('POST', `/agents/${handle}/credentials`, {
    type: 'allowed-actions',
    reason: 'CHG-1',
    claims: { actions: [{ action: 'read', resource: 'logs/production' }] },
  });
  expect(issued.status).toBe(201);
  return { clientId: String(body['clientId']), privateJwk: body['privateJwk'] };
}

/** The command with this agent, at the server of these tests. */
function agentToken(clientId: string, ...words: readonly string[]) {
  const order = ['agent', 'token', '--as', server.issuer, '--client-id', clientId];
  const asked = ['--resource', resource, '--scope', scope];
  return runRecorded([...order, ...asked, ...words], {
    env: { SEALWRIGHT_SERVER: registry.url, SEALWRIGHT_TOKEN: registry.token },
  });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sealwright-agent-'));
  registry = await startRunningService({ https: true });
  const { did } = registry.service.organization;
  server = await startAuthorizationServer({
    certificates: testCertificates(),
    resources: new Map([[resource, scope.split(' ')]]),
    verifier: createVerifier({
      fetch: guardedFetch({ allowLoopback: true }),
      policy: {
        mode: 'enforce',
        trust: [
          {
            issuer: did,
            clientIds: [`${registry.url}/a/`],
            credentialTypes: ['AgentAuthorizationCredential'],
          },
        ],
      },
    }),
  });
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await registry[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

describe('sealwright agent token', () => {
  it('prints the token that an agent gets with the key in its file', async () => {
    const { clientId, privateJwk } = await onboard('own-key', 'issued');
    const file = join(folder, 'own-key.jwk.json');
    writeFileSync(file, JSON.stringify(privateJwk));
    const { code, out, err } = await agentToken(clientId, '--key-file', file);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const answer = JSON.parse(out);
    expect(answer).toMatchObject({ token_type: 'Bearer', scope: 'read:logs/production' });
    expect(decodeJwt(answer.access_token)).toMatchObject({ client_id: clientId, aud: resource });
  });

  it('prints the token that an agent gets when the registry signs, until it is suspended', async () => {
    const { clientId } = await onboard('kept', 'registry');
    const { code, out } = await agentToken(clientId, '--registry');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ scope: 'read:logs/production' });
    await registry.call('POST', '/agents/kept/suspend', { reason: 'INC-1' });
    const refused = await agentToken(clientId, '--registry', '--json');
    expect(refused.code).toBe(5);
    expect(JSON.parse(refused.err)).toMatchObject({ error: { code: 'agent-wrong-state' } });
  });

  it('says with which code the server refuses', async () => {
    const { clientId } = await onboard('forged', 'issued');
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    const file = join(folder, 'forged.jwk.json');
    writeFileSync(file, JSON.stringify(await exportJWK(privateKey)));
    const { code, out, err } = await agentToken(clientId, '--key-file', file, '--json');
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(JSON.parse(err)).toMatchObject({ error: { code: 'invalid_client' } });
  });

  it.each([
    ['no key', [], 'Give exactly one of --key-file and --registry.'],
    [
      'two keys',
      ['--registry', '--key-file', 'x'],
      'Give exactly one of --key-file and --registry.',
    ],
  ])('asks for a key when there are %s', async (_what, words, message) => {
    const { code, err } = await agentToken('https://id.acme.com/a/bot/client.json', ...words);
    expect({ code, says: err.includes(message) }).toEqual({ code: 2, says: true });
  });
});

describe('the library', () => {
  it('gets a token with a key of a variable, and none for an audience that is not the server', async () => {
    const { clientId, privateJwk } = await onboard('library', 'issued');
    const key = await loadKey({ env: 'KEY' }, { KEY: JSON.stringify(privateJwk) });
    const order = { clientId, key, resource, scope, issuer: server.issuer };
    expect(await requestToken(order)).toMatchObject({ scope: 'read:logs/production' });
    await expect(
      requestToken({ ...order, audience: 'https://other.example' }),
    ).rejects.toMatchObject({ name: 'TokenRefusal', error: 'invalid_client' });
  });

  it('asks the registry as the client of the strict document', async () => {
    const { clientId } = await onboard('strict-bot', 'registry', ['strict']);
    const { url, token } = registry;
    const key = registryKey({
      server: url,
      token: () => token,
      handle: 'strict-bot',
      profile: 'strict',
    });
    const order = { audience: server.issuer, lifetimeS: 60 };
    const strictId = clientId.replace('client.json', 'strict/client.json');
    expect(decodeJwt(await key.sign({ clientId: strictId, ...order })).sub).toBe(strictId);
    await expect(key.sign({ clientId, ...order })).rejects.toMatchObject({
      name: 'RegistryRefusal',
      code: 'client-id-mismatch',
    });
  });

  it('gives no assertion to a server whose metadata name another issuer', async () => {
    const { clientId, privateJwk } = await onboard('careful', 'issued');
    const key = await loadKey({ jwk: privateJwk as Record<string, unknown> });
    let asked = 0;
    const watched: AssertionKey = {
      sign: (order) => {
        asked += 1;
        return key.sign(order);
      },
    };
    await expect(
      requestToken({ clientId, key: watched, issuer: `${server.issuer}/` }),
    ).rejects.toThrow('The metadata names another issuer.');
    expect(asked).toBe(0);
  });
});
