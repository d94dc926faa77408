import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventFeed } from '../../src/sidecar/event-feed.ts';
import { audience, createEventWorld, type EventWorld } from '../verifier/support/event-world.ts';
import { revoke, startTestSidecar, type TestSidecar } from './support/running-sidecar.ts';

const pushToken = 'token-of-the-pushed-stream-0123456789';
const path = '/ssf/events';

let events: EventWorld;
let sidecar: TestSidecar;

beforeEach(async () => {
  events = await createEventWorld();
  const { papers, verifier } = events;
  const feed = new EventFeed({
    verifier,
    fetch: papers.fetch,
    call: async () => ({ ok: false, failure: 'failed', detail: 'nothing is polled here' }),
    transmitters: [
      {
        source: { transmitter: papers.origin, delivery: 'push', audience },
        token: () => pushToken,
      },
    ],
    say: () => undefined,
    clock: papers.clock,
  });
  sidecar = await startTestSidecar({ world: papers, verifier, events: feed });
});

afterEach(() => sidecar[Symbol.asyncDispose]());

function push(body: string, headers: Readonly<Record<string, string>> = {}) {
  const usual = {
    Authorization: `Bearer ${pushToken}`,
    'Content-Type': 'application/secevent+jwt',
  };
  return sidecar.send(path, { method: 'POST', headers: { ...usual, ...headers }, body });
}

async function decide(): Promise<unknown> {
  const { clientId } = sidecar.world;
  await sidecar.post('/hooks/keycloak', { clientId });
  return sidecar.decisions().at(-1)?.reason ?? 'accepted';
}

async function metricsOf(name: string): Promise<readonly string[]> {
  const { body } = await sidecar.send('/metrics');
  return String(body)
    .split('\n')
    .filter((line) => line.startsWith(`sealwright_sidecar_${name}`));
}

describe('an event that is pushed', () => {
  it('is answered with 202 and nothing, and the next decision knows of it', async () => {
    expect(await decide()).toBe('accepted');
    await revoke(sidecar.world);
    expect(await decide()).toBe('accepted');
    const { status, body } = await push(await events.set());
    expect([status, body]).toEqual([202, '']);
    expect(await decide()).toBe('status-revoked');
  });

  it('has what is kept warm read again before anybody asks', async () => {
    await decide();
    const before = events.asked(sidecar.world.revocationList);
    await push(await events.set());
    await expect.poll(() => events.asked(sidecar.world.revocationList)).toBe(before + 1);
  });

  it.each([
    ['invalid_request', async () => 'a.b.c'],
    ['invalid_issuer', () => events.set({ claims: { iss: 'https://id.other.com' } })],
    ['invalid_audience', () => events.set({ claims: { aud: 'https://other.example' } })],
  ])('and is refused gets 400 with %s', async (err, make) => {
    const { status, headers, body } = await push(await make());
    expect(status).toBe(400);
    expect(headers['content-type']).toBe('application/json');
    expect(headers['content-language']).toBe('en');
    expect(body).toMatchObject({ err });
  });

  it('needs the token of the stream: that of the sidecar is another one', async () => {
    for (const Authorization of ['Bearer sidecar-token-of-the-tests-0123456789', 'Basic x', '']) {
      const { status, body } = await push(await events.set(), { Authorization });
      expect([status, body]).toEqual([
        400,
        {
          err: 'authentication_failed',
          description: 'the transmitter did not present the token of this stream',
        },
      ]);
    }
  });

  it('may come again when the keys could not be had', async () => {
    sidecar.world.serve(events.jwksUri, 'hang-up');
    const { status, headers } = await push(await events.set());
    expect([status, headers['retry-after']]).toEqual([503, '5']);
  });

  it('is no JSON, no GET, not huge, and has one path', async () => {
    expect((await push('{}', { 'Content-Type': 'application/json' })).status).toBe(415);
    expect((await sidecar.send(path)).status).toBe(405);
    expect((await push('x'.repeat(20_000))).status).toBe(413);
    expect((await sidecar.send(`${path}/more`, { method: 'POST' })).status).toBe(404);
  });
});

describe('what is seen of events', () => {
  it('are counts, the age of the last one, and the state of the stream', async () => {
    expect(await metricsOf('event_stream_up{')).toEqual([
      'sealwright_sidecar_event_stream_up{transmitter="https://id.acme.com",delivery="push"} 0',
    ]);
    expect(await metricsOf('last_event_age_seconds{')).toEqual([]);
    const set = await events.set();
    await push(set);
    await push(set);
    await push('a.b.c');
    await push(set, { Authorization: 'Bearer wrong' });
    sidecar.world.advance(7_900);
    expect(await metricsOf('events_total{')).toEqual([
      'sealwright_sidecar_events_total{transmitter="https://id.acme.com",result="received",reason="dropped"} 1',
      'sealwright_sidecar_events_total{transmitter="https://id.acme.com",result="received",reason="repeated"} 1',
      'sealwright_sidecar_events_total{transmitter="https://id.acme.com",result="refused",reason="invalid_request"} 1',
      'sealwright_sidecar_events_total{transmitter="none",result="refused",reason="authentication_failed"} 1',
    ]);
    expect(await metricsOf('last_event_age_seconds{')).toEqual([
      'sealwright_sidecar_last_event_age_seconds{transmitter="https://id.acme.com"} 7',
    ]);
    expect(await metricsOf('event_stream_up{')).toEqual([
      'sealwright_sidecar_event_stream_up{transmitter="https://id.acme.com",delivery="push"} 1',
    ]);
  });

  it('is in /readyz too, and a stream that is not proved takes nothing from it', async () => {
    const { status, body } = await sidecar.send('/readyz');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'ok',
      events: [
        {
          transmitter: 'https://id.acme.com',
          delivery: 'push',
          state: 'unproved',
          reason: null,
          lastEventAgeS: null,
        },
      ],
    });
  });
});
