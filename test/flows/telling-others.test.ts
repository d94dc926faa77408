import { createHmac } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asJson, readsLogs } from '../credentials/made-claims.ts';
import { type EventReceiver, startEventReceiver } from '../support/event-receiver.ts';
import { runRecorded } from '../support/recording-terminal.ts';
import { type RunningService, startRunningService } from '../support/running-service.ts';

const caep = 'https://schemas.openid.net/secevent/caep/event-type';
const risc = 'https://schemas.openid.net/secevent/risc/event-type';

let service: RunningService;
let receiver: EventReceiver;

beforeAll(async () => {
  service = await startRunningService();
  receiver = await startEventReceiver();
}, 60_000);

afterAll(async () => {
  await receiver?.[Symbol.asyncDispose]();
  await service?.[Symbol.asyncDispose]();
});

async function onboard(handle: string): Promise<void> {
  const { status } = await service.call('POST', '/agents', {
    ...{ handle, kind: 'agent', name: handle, owners: ['a@acme.com'], keyCustody: 'registry' },
  });
  expect(status).toBe(201);
}

async function issue(handle: string): Promise<string> {
  const facet = { type: 'allowed-actions', claims: asJson(readsLogs), reason: 'CHG-1' };
  const { body } = await service.call('POST', `/agents/${handle}/credentials`, facet);
  return String(body['id']);
}

/** What Standard Webhooks asks of a receiver, written from its text. */
function isSigned(
  message: { headers: Record<string, unknown>; body: string },
  secret: string,
): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp } = message.headers;
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const signed = `${id}.${timestamp}.${message.body}`;
  const expected = `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
  return String(message.headers['webhook-signature']).split(' ').includes(expected);
}

describe('telling others', () => {
  it('sends a webhook what happened, signed, once the public list shows it', async () => {
    await onboard('hooked');
    const made = await service.call('POST', '/webhooks', {
      url: `${receiver.origin}/hook`,
      events: ['credential.revoked'],
    });
    expect(made.status).toBe(201);
    const secret = String(made.body['secret']);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const id = await issue('hooked');
    const list = `${service.url}/status/1r`;
    const seen: string[] = [];
    receiver.answer(async (_, response) => {
      seen.push(await (await fetch(list)).text());
      response.writeHead(204).end();
    });
    await service.call('POST', `/credentials/${id}/revoke`, { reason: 'INC-1' });
    const shown = await (await fetch(list)).text();
    const [message] = await receiver.awaitMessages(1, ({ body }) => body.includes(id));
    expect(message && isSigned(message, secret)).toBe(true);
    const body = JSON.parse(message?.body ?? '');
    expect(body).toMatchObject({
      id: message?.headers['webhook-id'],
      type: 'credential.revoked',
      subject: id,
      data: {
        agent: 'hooked',
        clientId: `${service.url}/a/hooked/client.json`,
        credential: id,
        credentialType: 'allowed-actions',
      },
    });
    expect(body.data.urls).toContain(list);
    expect(message?.body).not.toContain('INC-1');
    await expect.poll(() => seen.length).toBeGreaterThan(0);
    expect(seen[0]).toBe(shown);
    await service.call('DELETE', `/webhooks/${made.body['id']}`);
    receiver.answer((_, response) => response.writeHead(202).end());
  });

  it('pushes signed security events over a stream, verification first', async () => {
    await onboard('streamed');
    const { body: stream, status } = await service.call('POST', '/ssf/streams', {
      delivery: {
        method: 'urn:ietf:rfc:8935',
        endpoint_url: `${receiver.origin}/events`,
        authorization_header: 'Bearer of-the-receiver',
      },
      description: 'the AS',
    });
    expect(status).toBe(201);
    const configuration = await (
      await fetch(`${service.url}/.well-known/ssf-configuration`)
    ).json();
    expect(configuration).toEqual({
      spec_version: '1_0',
      issuer: service.url,
      jwks_uri: `${service.url}/ssf/jwks.json`,
      delivery_methods_supported: ['urn:ietf:rfc:8935', 'urn:ietf:rfc:8936'],
      configuration_endpoint: `${service.url}/api/v1/ssf/streams`,
      status_endpoint: `${service.url}/api/v1/ssf/status`,
      verification_endpoint: `${service.url}/api/v1/ssf/verification`,
      authorization_schemes: [{ spec_urn: 'urn:ietf:rfc:6750' }],
      default_subjects: 'ALL',
    });
    const keys = createRemoteJWKSet(new URL(configuration.jwks_uri));
    const read = async (token: string) =>
      jwtVerify(token, keys, {
        typ: 'secevent+jwt',
        algorithms: ['ES256'],
        issuer: service.url,
        audience: String(stream['aud']),
      });
    const asked = { stream_id: stream['stream_id'], state: 'abc' };
    expect((await service.call('POST', '/ssf/verification', asked)).status).toBe(204);
    const [verification] = await receiver.awaitMessages(1, ({ path }) => path === '/events');
    expect(verification?.headers['content-type']).toBe('application/secevent+jwt');
    expect(verification?.headers['authorization']).toBe('Bearer of-the-receiver');
    expect((await read(verification?.body ?? '')).payload).toMatchObject({
      sub_id: { format: 'opaque', id: stream['stream_id'] },
      events: {
        'https://schemas.openid.net/secevent/ssf/event-type/verification': { state: 'abc' },
      },
    });
    await service.call('POST', '/agents/streamed/suspend', { reason: 'INC-1' });
    const pushed = await receiver.awaitMessages(3, ({ path }) => path === '/events');
    const sets = await Promise.all(pushed.slice(1).map(({ body }) => read(body)));
    const types = sets.flatMap(({ payload }) => Object.keys(payload['events'] as object));
    expect(types.sort()).toEqual([`${caep}/session-revoked`, `${risc}/account-disabled`]);
    const [set] = sets;
    expect(set?.payload).toMatchObject({
      sub_id: { format: 'uri', uri: `${service.url}/a/streamed/client.json` },
      txn: expect.stringMatching(/^evt_/),
      jti: expect.stringMatching(/^str_\w+\.evt_\w+\.[12]$/),
    });
    expect(set?.payload).not.toHaveProperty('sub');
    expect(set?.payload).not.toHaveProperty('exp');
    const event = Object.values(set?.payload['events'] as object)[0];
    expect(event).toEqual({
      event_timestamp: expect.any(Number),
      'urn:sealwright:event': {
        type: 'agent.suspended',
        urls: [
          ...['status/1r', 'status/1s', 'token-status/1', 'a/streamed/client.json'],
          ...['a/streamed/jwks.json', 'a/streamed/did.json', 'a/streamed/credentials'],
        ].map((path) => `${service.url}/${path}`),
      },
    });
    expect(set?.protectedHeader.kid).toMatch(/^[A-Za-z0-9_-]{43}$/);
    const gone = await service.call('DELETE', `/ssf/streams?stream_id=${stream['stream_id']}`);
    expect(gone.status).toBe(204);
  });

  it('gives a polled stream the same events until they are acknowledged', async () => {
    await onboard('polled');
    const { body: stream } = await service.call('POST', '/ssf/streams', {});
    const poll = (body: object) => service.call('POST', `/ssf/poll/${stream['stream_id']}`, body);
    expect((await poll({ returnImmediately: true })).body).toEqual({
      sets: {},
      moreAvailable: false,
    });
    const waiting = poll({ maxEvents: 1 });
    await service.call('POST', '/agents/polled/retire', { reason: 'INC-1' });
    const first = (await waiting).body as { sets: Record<string, string>; moreAvailable: boolean };
    const [jti] = Object.keys(first.sets);
    expect(jti).toMatch(/\.1$/);
    const all = (await poll({ returnImmediately: true })).body['sets'] as object;
    expect(Object.keys(all)).toEqual([jti, jti?.replace(/1$/, '2')]);
    const rest = await poll({ returnImmediately: true, ack: [jti] });
    expect(Object.keys(rest.body['sets'] as object)).toEqual([jti?.replace(/1$/, '2')]);
    const refused = { [String(jti?.replace(/1$/, '2'))]: { err: 'invalid_key', description: 'x' } };
    const none = await poll({ returnImmediately: true, setErrs: refused });
    expect(none.body).toEqual({ sets: {}, moreAvailable: false });
  });

  it('refuses URLs that lead nowhere public when they are saved', async () => {
    const refused = [
      ['https://10.0.0.1/', 'an address literal is never dialled'],
      ['http://hooks.acme.com/', 'only https is read'],
      ['https://hooks.internal/', 'the host is an internal name'],
      ['https://user:pass@hooks.acme.com/', 'the URL is not in its one canonical form'],
    ];
    for (const [url, detail] of refused) {
      const { status, body } = await service.call('POST', '/webhooks', { url });
      expect([status, body['errors']]).toEqual([400, [{ pointer: '/url', detail }]]);
      const delivery = { method: 'urn:ietf:rfc:8935', endpoint_url: url };
      const stream = await service.call('POST', '/ssf/streams', { delivery });
      expect(stream.body['errors']).toEqual([{ pointer: '/delivery/endpoint_url', detail }]);
    }
  });

  it.each([
    [
      'redirects',
      'redirect',
      (response: ServerResponse) => {
        response.writeHead(302, { location: `${receiver.origin}/elsewhere` }).end();
      },
    ],
    ['hangs up', 'failed', (response: ServerResponse) => void response.socket?.destroy()],
    [
      'answers with an error',
      '503',
      (response: ServerResponse) => {
        response.writeHead(503).end('secret-of-the-peer');
      },
    ],
  ])('waits with the next attempt when an endpoint %s', async (_, outcome, answering) => {
    const made = await service.call('POST', '/webhooks', { url: `${receiver.origin}/bad` });
    const id = String(made.body['id']);
    receiver.answer((_message, response) => answering(response));
    await service.call('POST', `/webhooks/${id}/test`, {});
    const deliveries = async () =>
      (await service.call('GET', `/webhooks/${id}/deliveries`)).body['data'];
    await expect
      .poll(deliveries, { timeout: 10_000 })
      .toMatchObject([{ type: 'webhook.test', state: 'pending', attempts: 1, outcome }]);
    expect(JSON.stringify(await deliveries())).not.toContain('secret-of-the-peer');
    const { body } = await service.call('GET', `/webhooks/${id}`);
    expect(body['failingSince']).not.toBeNull();
    expect(receiver.received.some(({ path }) => path === '/elsewhere')).toBe(false);
    await service.call('DELETE', `/webhooks/${id}`);
    receiver.answer((_message, response) => response.writeHead(202).end());
  });

  it('takes a huge answer for what its status says', async () => {
    const made = await service.call('POST', '/webhooks', { url: `${receiver.origin}/huge` });
    receiver.answer((_message, response) => {
      response.writeHead(200).end(Buffer.alloc(50_000_000));
    });
    await service.call('POST', `/webhooks/${made.body['id']}/test`, {});
    await expect
      .poll(
        async () =>
          (await service.call('GET', `/webhooks/${made.body['id']}/deliveries`)).body['data'],
        { timeout: 10_000 },
      )
      .toMatchObject([{ state: 'delivered', outcome: '200' }]);
    await service.call('DELETE', `/webhooks/${made.body['id']}`);
    receiver.answer((_message, response) => response.writeHead(202).end());
  });

  it('is managed on the command line', async () => {
    const run = (...words: string[]) =>
      runRecorded(words, {
        env: { SEALWRIGHT_SERVER: service.url, SEALWRIGHT_TOKEN: service.token },
      });
    const created = await run(
      ...['webhook', 'create', '--url', `${receiver.origin}/cli`, '--event', 'agent.suspended'],
    );
    expect(created.out).toMatch(/^whsec_\S+\n$/);
    const id = /whk_\w+/.exec(created.err)?.[0] ?? '';
    expect((await run('webhook', 'list')).out).toContain(id);
    expect(await run('webhook', 'test', id)).toMatchObject({ code: 0, err: '' });
    const [message] = await receiver.awaitMessages(1, ({ path }) => path === '/cli');
    expect(message && isSigned(message, created.out.trim())).toBe(true);
    const sent = JSON.parse(message?.body ?? '').id;
    const deliveries = async () => (await run('webhook', 'deliveries', id)).out;
    await expect.poll(deliveries, { timeout: 10_000 }).toMatch(/delivered +1 +202/);
    expect((await run('webhook', 'redeliver', id, sent)).code).toBe(0);
    const [, again] = await receiver.awaitMessages(2, ({ path }) => path === '/cli');
    expect(again?.headers['webhook-id']).toBe(sent);
    expect((await run('webhook', 'rotate-secret', id)).out).toMatch(/^whsec_/);
    expect((await run('webhook', 'disable', id)).out).toContain('is disabled');
    expect((await run('webhook', 'test', id)).code).toBe(5);
    expect((await run('webhook', 'enable', id)).out).toContain('is enabled');
    expect((await run('webhook', 'delete', id)).out).toContain('is deleted');
    const { body } = await service.call('POST', '/ssf/streams', { description: 'the AS' });
    const stream = String(body['stream_id']);
    expect((await run('stream', 'list')).out).toMatch(
      new RegExp(`${stream} +enabled +poll +the AS`),
    );
    expect((await run('stream', 'verify', stream)).code).toBe(0);
    expect((await run('stream', 'rotate-key')).out).toContain('events are signed by');
    expect((await run('stream', 'delete', stream)).out).toContain('is deleted');
  });
});
