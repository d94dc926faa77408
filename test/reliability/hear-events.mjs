#!/usr/bin/env node
/**
 * How soon a verdict knows of a revocation that is told by a security event: agents are revoked one
 * after the other, an event is put on the stream, and a verifier that polls it, in this process and in
 * a sidecar, is asked until it says so. In front of the lists is a shared cache that keeps them for 15
 * seconds, unless it is asked to go back to the origin. With --flood other events come in besides, at
 * most so many a second; `events` says how many there were.
 *
 *   node test/reliability/hear-events.mjs [--revocations 300] [--flood 0] [--maxP99Ms 1000]
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose';
import {
  createEventReceiver,
  createVerifier,
  followTransmitter,
} from '../../dist/verifier/index.js';
import { guardedFetch, guardedPost } from '../../dist/verifier/node/index.js';
import { createIssuer } from '../../scripts/soak/papers.mjs';
import { startSidecar } from './sidecar.mjs';

const cacheMs = 15_000;
const holdMs = 20_000;
const token = `swt_${'e'.repeat(40)}`;
const changed = 'https://schemas.openid.net/secevent/caep/event-type/credential-change';
const verification = 'https://schemas.openid.net/secevent/ssf/event-type/verification';
const { values } = parseArgs({
  options: {
    revocations: { type: 'string', default: '300' },
    flood: { type: 'string', default: '0' },
    maxP99Ms: { type: 'string', default: '1000' },
  },
});
const [revocations, flood, limitMs] = [values.revocations, values.flood, values.maxP99Ms].map(
  Number,
);

const folder = mkdtempSync(join(tmpdir(), 'hear-events-'));
const registry = await startRegistry(revocations);
const library = await followInProcess(registry);
const sidecar = await followInSidecar(registry);
let flooding = true;
try {
  const times = { library: [], sidecar: [] };
  const flooded = floodWith(registry, () => flooding);
  for (const agent of registry.agents) {
    for (const one of [library, sidecar]) {
      if ((await one.ask(agent)) !== 'accepted') throw new Error('an agent in order is refused');
    }
    await registry.revoke(agent);
    const sentAt = performance.now();
    await registry.tell(agent);
    await Promise.all([
      until(library, agent, sentAt).then((ms) => times.library.push(ms)),
      until(sidecar, agent, sentAt).then((ms) => times.sidecar.push(ms)),
    ]);
  }
  flooding = false;
  const figures = {
    revocations,
    flood,
    events: await flooded,
    library: figuresOf(times.library),
    sidecar: figuresOf(times.sidecar),
    limitMs,
  };
  console.log(JSON.stringify(figures));
  process.exitCode = [figures.library, figures.sidecar].every(({ p99 }) => p99 <= limitMs) ? 0 : 1;
} finally {
  flooding = false;
  await library.close();
  await sidecar.close();
  registry.close();
  rmSync(folder, { recursive: true, force: true });
}

async function until(one, agent, sentAt) {
  while ((await one.ask(agent)) === 'accepted') {
    if (performance.now() - sentAt > 30_000) return Number.POSITIVE_INFINITY;
    await sleep(2);
  }
  return performance.now() - sentAt;
}

function figuresOf(times) {
  const sorted = [...times].sort((one, other) => one - other);
  const at = (part) => Math.round(sorted[Math.ceil(part * sorted.length) - 1] * 10) / 10;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

async function floodWith(one, isOn) {
  let sent = 0;
  while (flood > 0 && isOn()) {
    await one.tell({ clientId: `${one.origin}/a/nobody-${sent % 500}/client.json` });
    sent += 1;
    await sleep(1_000 / flood);
  }
  return sent;
}

/** A verifier in this process that follows the events. */
async function followInProcess({ origin, policy }) {
  const fetch = guardedFetch({ allowLoopback: true });
  const verifier = createVerifier({ fetch, policy });
  const receiver = createEventReceiver(verifier, { fetch, transmitters: [{ issuer: origin }] });
  const call = guardedPost({ allowLoopback: true });
  const stream = followTransmitter({
    ...{ receiver, issuer: origin, fetch, call },
    token: () => token,
    name: 'library',
  });
  while (stream.state.phase !== 'up') await sleep(10);
  return {
    ask: async ({ clientId }) => (await verifier.verifyClient(clientId)).outcome,
    close: () => stream.close(),
  };
}

/** A sidecar in a process of its own, by the policy of the world. */
async function followInSidecar({ origin, policy }) {
  const sidecar = await startSidecar({ folder, policy, transmitter: origin, eventsToken: token });
  return { ...sidecar, ask: ({ clientId }) => sidecar.ask({ client_id: clientId }) };
}

/** An issuer with agents, its documents behind a shared cache, and a transmitter of events beside it. */
async function startRegistry(count) {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://localhost:${server.address().port}`;
  const issuer = await createIssuer(origin, Date.now);
  const documents = new Map();
  const cached = new Map();
  const agents = [];
  const serve = (url, body, type = 'application/json') => documents.set(url, { body, type });
  serve(`${origin}/.well-known/did.json`, issuer.didDocument);
  for (let index = 0; index < count; index += 1) {
    const agent = await issuer.writeAgent({ handle: `bot-${index}`, kind: 'good', index });
    serve(agent.clientId, agent.client.body);
    serve(agent.clientId.replace('client.json', 'jwks.json'), agent.jwks.body);
    agents.push({ clientId: agent.clientId, index });
  }
  const lists = async () => {
    for (const { path, body } of await issuer.lists.seal()) {
      serve(`${origin}${path}`, body, 'application/vc+jwt');
    }
  };
  await lists();
  const transmitter = await createTransmitter(origin);
  server.on('request', (request, response) => {
    const url = `${origin}${request.url}`;
    if (transmitter.answer(request, response)) return;
    const found = url.includes('/status/') ? fromCache(url, request) : documents.get(url);
    if (found === undefined) return response.writeHead(404).end();
    const age = found.at === undefined ? 0 : Math.floor((Date.now() - found.at) / 1_000);
    const maxAge = url.includes('/status/') ? 15 : 300;
    const headers = { 'content-type': found.type, 'cache-control': `public, max-age=${maxAge}` };
    response.writeHead(200, { ...headers, age }).end(found.body);
  });

  function fromCache(url, request) {
    const held = cached.get(url);
    const asksOrigin = request.headers['cache-control'] === 'no-cache';
    if (held !== undefined && !asksOrigin && Date.now() - held.at < cacheMs) return held;
    const fresh = { ...documents.get(url), at: Date.now() };
    cached.set(url, fresh);
    return fresh;
  }

  const credentialTypes = ['AgentAuthorizationCredential'];
  const trust = [{ issuer: issuer.did, clientIds: [`${origin}/a/`], credentialTypes }];
  return {
    origin,
    agents,
    policy: { mode: 'enforce', trust },
    async revoke({ index }) {
      issuer.lists.mark('revocation', index, true);
      await lists();
    },
    tell: ({ clientId }) =>
      transmitter.send({
        sub_id: { format: 'uri', uri: clientId },
        events: {
          [changed]: {
            'urn:sealwright:event': {
              type: 'credential.revoked',
              urls: [`${origin}/status/1r`, clientId],
            },
          },
        },
      }),
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Streams that are made, verified and polled, for one token. */
async function createTransmitter(origin) {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  const streams = [];
  let count = 0;

  async function put(stream, claims) {
    count += 1;
    const jti = `evt_${count}`;
    const set = await new SignJWT({ iss: origin, aud: stream.id, jti, ...claims })
      .setIssuedAt()
      .setProtectedHeader({ alg: 'ES256', typ: 'secevent+jwt', kid })
      .sign(privateKey);
    stream.waiting.set(jti, set);
    for (const wake of [...stream.waking]) wake();
  }

  const heard = (stream) =>
    new Promise((done) => {
      const end = () => {
        clearTimeout(timer);
        stream.waking.delete(end);
        done();
      };
      const timer = setTimeout(end, holdMs);
      timer.unref();
      stream.waking.add(end);
    });

  const shown = ({ id, description }) => ({
    stream_id: id,
    iss: origin,
    aud: id,
    description,
    delivery: { method: 'urn:ietf:rfc:8936', endpoint_url: `${origin}/ssf/poll/${id}` },
  });

  const routes = {
    '/.well-known/ssf-configuration': () => ({
      issuer: origin,
      jwks_uri: `${origin}/ssf/jwks.json`,
      configuration_endpoint: `${origin}/api/v1/ssf/streams`,
      verification_endpoint: `${origin}/api/v1/ssf/verify`,
    }),
    '/ssf/jwks.json': () => ({ keys: [{ ...jwk, kid }] }),
    '/api/v1/ssf/streams': (body) => {
      if (body === undefined) return streams.map(shown);
      const { description } = body;
      const stream = { id: `s${count}-${streams.length}`, description, waiting: new Map() };
      streams.push({ ...stream, waking: new Set() });
      return shown(stream);
    },
    '/api/v1/ssf/verify': async ({ stream_id, state }) => {
      const stream = streams.find(({ id }) => id === stream_id);
      const sub_id = { format: 'opaque', id: stream_id };
      await put(stream, { sub_id, events: { [verification]: { state } } });
      return {};
    },
    '/ssf/poll': async ({ ack = [], maxEvents }, path) => {
      const stream = streams.find(({ id }) => path.endsWith(`/${id}`));
      for (const jti of ack) stream.waiting.delete(jti);
      if (stream.waiting.size === 0) await heard(stream);
      const sets = [...stream.waiting].slice(0, maxEvents);
      return { sets: Object.fromEntries(sets), moreAvailable: sets.length < stream.waiting.size };
    },
  };

  return {
    send: (claims) => Promise.all(streams.map((stream) => put(stream, claims))),
    answer(request, response) {
      const { url } = request;
      const route = Object.keys(routes).find((path) => url === path || url.startsWith(`${path}/`));
      if (route === undefined) return url.includes('/ssf/');
      readJson(request)
        .then((body) => routes[route](body, url))
        .then((answer) => {
          const headers = { 'content-type': 'application/json', 'cache-control': 'max-age=300' };
          response.writeHead(200, headers).end(JSON.stringify(answer));
        })
        .catch(() => response.destroy());
      return true;
    },
  };
}

async function readJson(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return text === '' ? undefined : JSON.parse(text);
}
