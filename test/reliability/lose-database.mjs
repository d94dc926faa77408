#!/usr/bin/env node
/**
 * The database is stopped under public reads at processes of the roles all and public, and at one that is
 * started while it is away. Every public document is served unchanged, lists until they expire and then
 * 503; calls of the API are answered 503 with Retry-After within 2 seconds; everything works again within
 * 5 seconds of the database, without a restart.
 *
 *   node test/reliability/lose-database.mjs [--seconds 600] [--rate 200] [--agents 20]
 *     [--maxRefusalMs 2000] [--maxRecoveryMs 5000] [--copyMs 1500]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import {
  call,
  createInstallation,
  createReader,
  onboard,
  percentile,
  report,
  startProcess,
  untilTrue,
} from './processes.mjs';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    rate: { type: 'string', default: '200' },
    agents: { type: 'string', default: '20' },
    maxRefusalMs: { type: 'string', default: '2000' },
    maxRecoveryMs: { type: 'string', default: '5000' },
    copyMs: { type: 'string', default: '1500' },
  },
});
const [seconds, rate, agents] = [values.seconds, values.rate, values.agents].map(Number);
const [maxRefusalMs, maxRecoveryMs, copyMs] = [
  values.maxRefusalMs,
  values.maxRecoveryMs,
  values.copyMs,
].map(Number);
const compliance = {
  type: 'compliance',
  reason: 'reliability',
  claims: {
    attestations: [
      {
        framework: 'https://www.iso.org/standard/27001',
        edition: '2022',
        outcome: 'conformant',
        assessor: 'Assessor Ltd',
        validFrom: '2026-01-01T00:00:00Z',
        validUntil: '2027-12-31T00:00:00Z',
      },
    ],
  },
};

await report(async () => {
  const place = await createInstallation();
  const reader = createReader({ withinMs: 5 * maxRefusalMs });
  try {
    const all = await startProcess(place, 'all', { port: place.publicPort });
    const role = { env: { SEALWRIGHT_ROLE: 'public' } };
    const replica = await startProcess(place, 'replica', role);
    const admin = await startProcess(place, 'admin', { env: { SEALWRIGHT_ROLE: 'admin' } });
    const documents = await publishDocuments(place, { address: all.address, reader });
    const late = await startProcess(place, 'late', role);
    await untilCopied(place, { reader, documents, servers: [replica, late] });
    await late.stop();

    await place.postgres.stop();
    const awayAt = Date.now();
    const restarted = await startProcess(place, 'late', { ...role, port: late.port });
    const targets = [all, replica, restarted];
    const tally = createTally(documents);
    const calls = [];
    const until = awayAt + seconds * 1_000;
    await Promise.all([
      readEvenly({ reader, targets, tally, until }),
      callAll({ place, addresses: [all.address, admin.address], calls, until }),
    ]);
    const health = await readHealth(reader, { all, replica, admin });

    const cameBack = performance.now();
    await place.postgres.start();
    const startedMs = performance.now() - cameBack;
    await untilTrue(() => isWriting(place, all.address), 4 * maxRecoveryMs, 'the API writes again');
    const recoveryMs = Math.round(performance.now() - cameBack - startedMs);
    await untilTrue(
      () => followsAgain(place, { reader, all, servers: [replica, restarted] }),
      maxRecoveryMs,
      'the replicas follow again',
    );
    const slowest = Math.max(...calls.map(({ ms }) => ms));
    const wrongCalls = calls.filter(({ status, retryAfter }) => status !== 503 || !retryAfter);
    const missed = [
      ...(tally.wrong.length === 0 ? [] : [`reads: ${JSON.stringify(tally.wrong.slice(0, 3))}`]),
      ...(wrongCalls.length === 0 ? [] : [`calls: ${JSON.stringify(wrongCalls.slice(0, 3))}`]),
      ...(slowest <= maxRefusalMs ? [] : [`a call was refused after ${slowest} ms`]),
      ...(recoveryMs <= maxRecoveryMs ? [] : [`recovery took ${recoveryMs} ms`]),
      ...healthFaults(health),
    ];
    return {
      ...{ figure: 'R4', seconds, documents: documents.size, reads: tally.reads },
      ...{ wrong: tally.wrong.length, expiredRefused: tally.expired },
      ...{ readP99Ms: percentile(tally.ms, 0.99), startedWithoutDatabaseMs: restarted.readyMs },
      ...{ calls: calls.length, slowestCallMs: Math.round(slowest), health, recoveryMs, missed },
    };
  } finally {
    reader.close();
    await place.close();
  }
});

/** Every document there is, as it was served before: by path, with the moment from which it is expired. */
async function publishDocuments(place, { address, reader }) {
  const paths = ['/status/1r', '/status/1s', '/token-status/1', '/jwks.json'];
  paths.push('/.well-known/did.json', '/schemas/agent-authorization.v1.json');
  paths.push('/contexts/agent-v1.jsonld', '/problems/storage-unavailable');
  for (let number = 0; number < agents; number += 1) {
    const { handle } = await onboard(address, place.token, `bot-${number}`);
    const path = `/agents/${handle}/credentials`;
    const { status, body } = await call(address, place.token, 'POST', path, { body: compliance });
    if (status !== 201) throw new Error(`issuing failed: ${JSON.stringify(body)}`);
    const own = ['/client.json', '/did.json', '/jwks.json', '', '/callback', '/credentials'];
    paths.push(...own.map((end) => `/a/${handle}${end}`), new URL(body.url).pathname);
  }
  // The lists were signed when the service started: signed anew, they are as old as any may be.
  const documents = new Map();
  for (const path of paths) {
    const { status, body } = await reader.read(address, path);
    if (status !== 200) throw new Error(`${path} answered ${status}`);
    documents.set(path, { body, expiresAt: expiryOf(path, body) });
  }
  return documents;
}

function expiryOf(path, body) {
  if (!/status\//.test(path)) return Number.POSITIVE_INFINITY;
  const claims = JSON.parse(Buffer.from(body.toString().split('.')[1], 'base64url').toString());
  return claims.validUntil === undefined ? claims.exp * 1_000 : Date.parse(claims.validUntil);
}

/** Nobody asked the late process for anything: what it will serve, it copied by itself. */
async function untilCopied(place, { reader, documents, servers: [replica, late] }) {
  for (const path of documents.keys()) {
    const { status } = await reader.read(replica.address, path);
    if (status !== 200) throw new Error(`${path} answered ${status} at the replica`);
  }
  await sleep(copyMs);
  if (late.child.exitCode !== null) throw new Error(late.said());
  return place;
}

function createTally(documents) {
  const tally = { reads: 0, expired: 0, wrong: [], ms: [], paths: [...documents.keys()] };
  tally.note = (target, path, { status, body, ms, error }) => {
    tally.reads += 1;
    tally.ms.push(ms);
    const { body: expected, expiresAt } = documents.get(path);
    const now = Date.now();
    // Around the very moment of expiry either answer is right.
    if (status === 503 && now >= expiresAt) tally.expired += 1;
    else if (status !== 200 || !body.equals(expected) || now > expiresAt + 1_000) {
      tally.wrong.push({ target: target.name, path, status, error: error?.message });
    }
  };
  return tally;
}

async function readEvenly({ reader, targets, tally, until }) {
  const under = new Set();
  let number = 0;
  const began = performance.now();
  while (Date.now() < until) {
    const due = Math.floor(((performance.now() - began) * rate) / 1_000);
    for (; number < due; number += 1) {
      const target = targets[number % targets.length];
      const path = tally.paths[Math.floor(number / targets.length) % tally.paths.length];
      const reading = reader.read(target.address, path).then((answer) => {
        tally.note(target, path, answer);
        under.delete(reading);
      });
      under.add(reading);
    }
    await sleep(5);
  }
  await Promise.all(under);
}

async function callAll({ place, addresses, calls, until }) {
  const { token } = place;
  const pace = async (address, method, path, body) => {
    while (Date.now() < until) {
      const began = performance.now();
      const { status, retryAfter } = await call(address, token, method, path, { body });
      calls.push({ path, status, retryAfter, ms: performance.now() - began });
      await sleep(250);
    }
  };
  await Promise.all(
    addresses.flatMap((address) => [
      pace(address, 'GET', '/agents'),
      pace(address, 'POST', '/agents/bot-0/suspend', { reason: 'reliability' }),
    ]),
  );
}

async function readHealth(reader, processes) {
  const health = {};
  for (const [name, { address }] of Object.entries(processes)) {
    const [live, ready] = [
      await reader.read(address, '/healthz'),
      await reader.read(address, '/readyz'),
    ];
    health[name] = [live.status, ready.status];
  }
  return health;
}

function healthFaults({ all, replica, admin }) {
  const expected = { all: [200, 200], replica: [200, 200], admin: [200, 503] };
  const found = { all, replica, admin };
  return Object.keys(expected).flatMap((name) =>
    String(found[name]) === String(expected[name]) ? [] : [`${name} health: ${found[name]}`],
  );
}

async function isWriting(place, address) {
  const body = { reason: 'reliability' };
  const path = '/agents/bot-0/suspend';
  return (await call(address, place.token, 'POST', path, { body })).status === 200;
}

async function followsAgain(_place, { reader, all, servers }) {
  const { etag } = await reader.read(all.address, '/status/1s');
  for (const { address } of servers) {
    if ((await reader.read(address, '/status/1s')).etag !== etag) return false;
  }
  return true;
}
