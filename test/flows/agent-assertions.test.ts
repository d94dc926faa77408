import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningService, startRunningService } from '../support/running-service.ts';

const audience = 'https://as.example';

let service: RunningService;

async function onboard(handle: string, changes: Readonly<Record<string, unknown>> = {}) {
  const { status, body } = await service.call('POST', '/agents', {
    handle,
    kind: 'agent',
    name: 'Billing Bot',
    owners: ['payments@acme.com'],
    keyCustody: 'registry',
    ...changes,
  });
  expect({ status, body }).toMatchObject({ status: 201 });
  return body;
}

function ask(handle: string, body: object = { audience }, token?: string) {
  return service.call('POST', `/agents/${handle}/assertions`, body, token);
}

beforeAll(async () => {
  service = await startRunningService();
  await onboard('bot', { profiles: ['strict'] });
});

afterAll(() => service[Symbol.asyncDispose]());

describe('an assertion for an agent whose key the registry holds', () => {
  it('verifies with the key that the agent publishes, for one server and two minutes', async () => {
    const { status, body } = await ask('bot');
    expect(status).toBe(200);
    const clientId = `${service.url}/a/bot/client.json`;
    expect(body).toMatchObject({
      assertionType: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      clientId,
      audience,
    });
    const assertion = String(body['assertion']);
    const jwks = (await (await fetch(`${service.url}/a/bot/jwks.json`)).json()) as JSONWebKeySet;
    const { payload } = await jwtVerify(assertion, createLocalJWKSet(jwks), {
      issuer: clientId,
      subject: clientId,
      typ: 'client-authentication+jwt',
    });
    expect(payload.aud).toBe(audience);
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(120);
    expect(payload.jti).toMatch(/^[0-9a-f-]{36}$/);
    expect(decodeProtectedHeader(assertion)).toEqual({
      alg: 'ES256',
      typ: 'client-authentication+jwt',
      kid: jwks.keys[0]?.kid,
    });
  });

  it('names the client of the strict document when that is asked for', async () => {
    const { body } = await ask('bot', { audience, profile: 'strict' });
    expect(body['clientId']).toBe(`${service.url}/a/bot/strict/client.json`);
  });

  it('is on record, with its audience and its name', async () => {
    await ask('bot', { audience: 'https://on-record.example/as' });
    const { body } = await service.call('GET', '/audit?action=agent.asserted&limit=200');
    const records = body['data'] as readonly { readonly event: object }[];
    expect(records.at(-1)?.event).toMatchObject({
      actor: { kind: 'token' },
      details: { handle: 'bot', audience: 'https://on-record.example/as' },
    });
  });
});

describe('no assertion', () => {
  it.each([
    ['http://as.example'],
    ['https://as.example/?x'],
    ['https://as.example/#x'],
    ['https://user@as.example'],
    ['HTTPS://as.example'],
    ['as.example'],
    [''],
  ])('is signed for the audience "%s"', async (wrong) => {
    expect(await ask('bot', { audience: wrong })).toMatchObject({
      status: 400,
      body: { code: 'invalid-input', errors: [{ pointer: '/audience' }] },
    });
  });

  it('is signed for a list of audiences', async () => {
    expect((await ask('bot', { audience: [audience] })).status).toBe(400);
  });

  it('is signed for an agent that holds its key itself', async () => {
    await onboard('own-key', { keyCustody: 'issued' });
    expect(await ask('own-key')).toMatchObject({
      status: 409,
      body: { code: 'key-held-elsewhere' },
    });
  });

  it('is signed as a strict client for an agent that is none', async () => {
    await onboard('plain');
    expect(await ask('plain', { audience, profile: 'strict' })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/profile' }] },
    });
  });

  it('is signed for an agent that is suspended or retired', async () => {
    await onboard('stopped');
    await service.call('POST', '/agents/stopped/suspend', { reason: 'INC-1' });
    expect(await ask('stopped')).toMatchObject({
      status: 409,
      body: { code: 'agent-wrong-state' },
    });
    await service.call('POST', '/agents/stopped/resume', { reason: 'INC-1' });
    expect((await ask('stopped')).status).toBe(200);
    await service.call('POST', '/agents/stopped/retire', { reason: 'INC-1' });
    expect(await ask('stopped')).toMatchObject({ body: { code: 'agent-wrong-state' } });
  });

  it('is signed without the scope', async () => {
    const { body } = await service.call('POST', '/tokens', { name: 'x', scopes: ['agents:write'] });
    expect((await ask('bot', { audience }, String(body['token']))).status).toBe(403);
  });
});
