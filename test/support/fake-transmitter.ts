import type { IncomingMessage, ServerResponse } from 'node:http';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import type { AgentWorld } from './agent-world.ts';

type Json = Readonly<Record<string, unknown>>;

/** A stream as its receiver was told, and what waits in it. */
export interface FakeStream {
  readonly id: string;
  readonly description: unknown;
  readonly waiting: Map<string, string>;
}

/** An event as a test says it; the rest is as a registry would have it. */
export interface FakeEvent {
  readonly subject: string;
  readonly urls?: readonly string[];
  /** URI of its type; the credential change of CAEP unless given. */
  readonly type?: string;
  readonly payload?: Json;
  readonly claims?: Json;
}

/**
 * A transmitter of security events beside the documents of a world, made by hand: configuration, keys,
 * management of streams (SSF 1.0), delivery by poll (RFC 8936). None of the project's own code is in it.
 */
export interface FakeTransmitter {
  readonly issuer: string;
  readonly token: string;
  readonly streams: readonly FakeStream[];
  /** The bodies of polls, in order. */
  readonly polls: readonly Json[];
  readonly acknowledged: readonly string[];
  readonly errors: ReadonlyMap<string, unknown>;
  /** Signs an event for an audience. */
  sign(event: FakeEvent, audience: string): Promise<string>;
  /** Puts an event in every stream; gives the identifiers. */
  send(event: FakeEvent): Promise<readonly string[]>;
  /** Puts any text in every stream under this identifier. */
  sendText(jti: string, text: string): void;
  /** Signs with another key from now on, the old one stays for a while. */
  rotate(): Promise<void>;
  /** Answers 503, or hangs up, until told otherwise. */
  state: 'up' | 'down' | 'hang-up' | 'no-verification';
  /** How long an answer without events is held. */
  holdMs: number;
  /** Takes all streams away. */
  forget(): void;
}

const poll = 'urn:ietf:rfc:8936';
const verificationType = 'https://schemas.openid.net/secevent/ssf/event-type/verification';
export const credentialChange =
  'https://schemas.openid.net/secevent/caep/event-type/credential-change';

interface Key {
  readonly privateKey: Parameters<SignJWT['sign']>[0];
  readonly jwk: JWK;
  readonly kid: string;
}

async function createKey(): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const jwk = await exportJWK(publicKey);
  return { privateKey, jwk, kid: await calculateJwkThumbprint(jwk) };
}

/** Puts one beside the documents of this world. */
export async function startFakeTransmitter(world: AgentWorld): Promise<FakeTransmitter> {
  const issuer = world.origin;
  const token = `swt_${'e'.repeat(40)}`;
  const streams: FakeStream[] = [];
  const polls: Json[] = [];
  const acknowledged: string[] = [];
  const errors = new Map<string, unknown>();
  const waking = new Set<() => void>();
  let keys = [await createKey()];
  let count = 0;

  const fake: FakeTransmitter = {
    ...{ issuer, token, streams, polls, acknowledged, errors },
    state: 'up',
    holdMs: 1_000,
    sign: async (event, audience) => (await signed(event, audience)).text,
    async send(event) {
      const sent = await Promise.all(streams.map((stream) => put(stream, event)));
      wake();
      return sent;
    },
    sendText(jti, text) {
      for (const { waiting } of streams) waiting.set(jti, text);
      wake();
    },
    async rotate() {
      keys = [await createKey(), ...keys];
    },
    forget() {
      streams.length = 0;
      wake();
    },
  };

  function wake(): void {
    for (const resolve of [...waking]) resolve();
  }

  async function signed(event: FakeEvent, audience: string) {
    const [key] = keys;
    if (key === undefined) throw new Error('there is a key');
    count += 1;
    const { subject, urls, type = credentialChange, payload = {}, claims = {} } = event;
    const notice =
      urls === undefined ? {} : { 'urn:sealwright:event': { type: 'credential.revoked', urls } };
    const jti = `evt_${count}`;
    const iat = Math.floor(Date.now() / 1_000);
    const sub_id = subject.startsWith('did:')
      ? { format: 'did', url: subject }
      : { format: 'uri', uri: subject };
    const events = { [type]: { event_timestamp: iat, ...notice, ...payload } };
    const token = new SignJWT({ iss: issuer, aud: audience, iat, jti, sub_id, events, ...claims });
    const header = { alg: 'ES256', typ: 'secevent+jwt', kid: key.kid };
    return { jti, text: await token.setProtectedHeader(header).sign(key.privateKey) };
  }

  async function put(stream: FakeStream, event: FakeEvent): Promise<string> {
    const { jti, text } = await signed(event, audienceOf(stream));
    stream.waiting.set(jti, text);
    return jti;
  }

  function shown(stream: FakeStream): Json {
    return {
      stream_id: stream.id,
      iss: issuer,
      aud: audienceOf(stream),
      description: stream.description,
      delivery: { method: poll, endpoint_url: `${issuer}/ssf/poll/${stream.id}` },
      events_delivered: [credentialChange],
    };
  }

  async function manage(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', issuer);
    if (request.headers.authorization !== `Bearer ${token}`) return reply(response, 401);
    const body = await readJson(request);
    if (url.pathname === '/api/v1/ssf/verify') {
      if (fake.state === 'no-verification') return reply(response, 429);
      const stream = streams.find(({ id }) => id === body['stream_id']);
      if (stream === undefined) return reply(response, 404);
      const payload = { state: body['state'] };
      const claims = { sub_id: { format: 'opaque', id: stream.id } };
      await put(stream, { subject: issuer, type: verificationType, payload, claims });
      wake();
      return reply(response, 204);
    }
    if (request.method === 'GET') return reply(response, 200, streams.map(shown));
    if (request.method === 'DELETE') {
      const at = streams.findIndex(({ id }) => id === url.searchParams.get('stream_id'));
      if (at >= 0) streams.splice(at, 1);
      return reply(response, at >= 0 ? 204 : 404);
    }
    const id = `str_${streams.length + 1}_${count}`;
    const stream: FakeStream = { id, description: body['description'], waiting: new Map() };
    streams.push(stream);
    return reply(response, 201, shown(stream));
  }

  async function answerPoll(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.headers.authorization !== `Bearer ${token}`) return reply(response, 401);
    const body = await readJson(request);
    polls.push(body);
    const stream = streams.find(({ id }) => request.url === `/ssf/poll/${id}`);
    if (stream === undefined) return reply(response, 404);
    for (const jti of textsIn(body['ack'])) {
      stream.waiting.delete(jti);
      acknowledged.push(jti);
    }
    for (const [jti, error] of Object.entries(body['setErrs'] ?? {})) {
      stream.waiting.delete(jti);
      errors.set(jti, error);
    }
    if (stream.waiting.size === 0 && body['returnImmediately'] !== true) await heard(fake.holdMs);
    if (fake.state === 'hang-up') {
      response.destroy();
      return;
    }
    const most = Number(body['maxEvents'] ?? 100);
    const sets = [...stream.waiting].slice(0, most);
    const moreAvailable = stream.waiting.size > sets.length;
    return reply(response, 200, { sets: Object.fromEntries(sets), moreAvailable });
  }

  function heard(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        waking.delete(end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      waking.add(end);
    });
  }

  const guarded =
    (answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>) =>
    (request: IncomingMessage, response: ServerResponse): void => {
      if (fake.state === 'down') reply(response, 503);
      else if (fake.state === 'hang-up') response.destroy();
      else answer(request, response).catch(() => response.destroy());
    };
  world.mount(
    '/.well-known/ssf-configuration',
    guarded(async (_, response) =>
      reply(response, 200, {
        issuer,
        jwks_uri: `${issuer}/ssf/jwks.json`,
        delivery_methods_supported: ['urn:ietf:rfc:8935', poll],
        configuration_endpoint: `${issuer}/api/v1/ssf/streams`,
        verification_endpoint: `${issuer}/api/v1/ssf/verify`,
      }),
    ),
  );
  world.mount(
    '/ssf/jwks.json',
    guarded(async (_, response) => {
      const published = keys.map(({ jwk, kid }) => ({ ...jwk, kid, use: 'sig' }));
      reply(response, 200, { keys: published }, 'public, max-age=300');
    }),
  );
  world.mount('/ssf/poll/', guarded(answerPoll));
  world.mount('/api/v1/ssf/', guarded(manage));
  return fake;
}

function audienceOf({ id }: FakeStream): string {
  return `urn:sealwright:stream:${id}`;
}

function textsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function reply(
  response: ServerResponse,
  status: number,
  body?: unknown,
  caching = 'no-store',
): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': caching });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

async function readJson(request: IncomingMessage): Promise<Json> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return text === '' ? {} : JSON.parse(text);
}
