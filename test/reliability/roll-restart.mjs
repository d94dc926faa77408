#!/usr/bin/env node
/**
 * Two processes of the role public and two of the role all are restarted one after the other behind a
 * balancer, under public reads and under writes: no read fails, at most one write in a thousand is reset,
 * and each write, sent again with its Idempotency-Key until it is answered, took effect exactly once.
 *
 *   node test/reliability/roll-restart.mjs [--rounds 3] [--rate 100] [--writers 4] [--agents 4]
 *     [--maxResetShare 0.001] [--answerWithinMs 10000]
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startBalancer } from './balancer.mjs';
import {
  call,
  createInstallation,
  createReader,
  onboard,
  percentile,
  provenance,
  query,
  report,
  startProcess,
  untilTrue,
} from './processes.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    rate: { type: 'string', default: '100' },
    writers: { type: 'string', default: '4' },
    agents: { type: 'string', default: '4' },
    maxResetShare: { type: 'string', default: '0.001' },
    answerWithinMs: { type: 'string', default: '10000' },
  },
});
const [rounds, rate, writers, agents] = [
  values.rounds,
  values.rate,
  values.writers,
  values.agents,
].map(Number);

await report(async () => {
  const place = await createInstallation();
  const withinMs = Number(values.answerWithinMs);
  const reader = createReader({ withinMs });
  const balancers = [];
  const checks = { checkWithinMs: withinMs / 10 };
  try {
    const fleet = await startFleet(place);
    const paths = ['/status/1r', '/jwks.json', '/.well-known/did.json'];
    for (let number = 0; number < agents; number += 1) {
      const { handle } = await onboard(fleet[0].address, place.token, `bot-${number}`);
      paths.push(`/a/${handle}/client.json`, `/a/${handle}`);
    }
    const [publicSide, adminSide] = [
      await startBalancer(fleet.filter(({ role }) => role === 'public').map(addressOf), checks),
      await startBalancer(fleet.filter(({ role }) => role === 'all').map(addressOf), checks),
    ];
    balancers.push(publicSide, adminSide);
    const load = { running: true, reads: [], writes: [], exits: [] };
    const working = [
      readEvenly(load, { reader, address: publicSide.address, paths }),
      ...Array.from({ length: writers }, () => write(load, { place, address: adminSide.address })),
    ];
    await sleep(1_000);
    for (let round = 0; round < rounds; round += 1) {
      for (const member of fleet) await restart({ place, member, load, balancers });
    }
    load.running = false;
    await Promise.all(working);
    const [{ made }] = await query(
      place.postgres.url,
      "SELECT count(*)::int AS made FROM credentials WHERE type = 'provenance' AND sealing = 'sealed'",
    );
    return judge(load, { made, publicSide, adminSide, restarts: rounds * fleet.length });
  } finally {
    for (const balancer of balancers) await balancer.close();
    reader.close();
    await place.close();
  }
});

function addressOf({ address }) {
  return address;
}

async function startFleet(place) {
  const fleet = [];
  const members = [
    { name: 'all-0', role: 'all', port: place.publicPort },
    { name: 'all-1', role: 'all' },
    { name: 'public-0', role: 'public' },
    { name: 'public-1', role: 'public' },
  ];
  for (const { name, role, port } of members) {
    const env = { SEALWRIGHT_ROLE: role, SEALWRIGHT_DATABASE_POOL: '10' };
    const started = await startProcess(place, name, { env, ...(port ? { port } : {}) });
    const { address } = started;
    fleet.push({ name, role, env, address, port: started.port, started });
  }
  return fleet;
}

async function restart({ place, member, load, balancers }) {
  load.exits.push(await member.started.stop());
  member.started = await startProcess(place, member.name, { env: member.env, port: member.port });
  // As a rollout does: the next one goes only once the balancer sends requests here again.
  await sleep(1_000);
  const isServing = async () => balancers.some(({ sendsTo }) => sendsTo(member.address));
  await untilTrue(isServing, 60_000, `the balancer sends to ${member.name}`);
}

async function readEvenly(load, { reader, address, paths }) {
  const under = new Set();
  const began = performance.now();
  let number = 0;
  while (load.running) {
    const due = Math.floor(((performance.now() - began) * rate) / 1_000);
    for (; number < due; number += 1) {
      const path = paths[number % paths.length];
      const reading = reader.read(address, path).then(({ status, ms, error }) => {
        load.reads.push({ path, status, ms, error: error?.message });
        under.delete(reading);
      });
      under.add(reading);
    }
    await sleep(5);
  }
  await Promise.all(under);
}

/** One write after the other; what got no answer that settles it is sent again under the same key. */
async function write(load, { place, address }) {
  while (load.running) {
    const key = randomUUID();
    const path = `/agents/bot-${Math.floor(Math.random() * agents)}/credentials`;
    const tries = [];
    for (;;) {
      const { status, body } = await call(address, place.token, 'POST', path, {
        body: provenance,
        headers: { 'idempotency-key': key },
      }).catch((error) => ({ status: 0, body: { code: error.message } }));
      tries.push(`${status} ${body?.code ?? ''}`.trim());
      if (status === 201 || tries.length === 40) {
        load.writes.push({ status, id: body?.id, tries });
        break;
      }
      await sleep(250);
    }
    await sleep(50);
  }
}

function judge(load, { made, publicSide, adminSide, restarts }) {
  const failedReads = load.reads.filter(({ status }) => status !== 200);
  const failedWrites = load.writes.filter(({ status }) => status !== 201);
  const attempts = load.writes.reduce((sum, { tries }) => sum + tries.length, 0);
  const { resets } = adminSide.counts;
  const ids = new Set(load.writes.map(({ id }) => id));
  const missed = [
    ...(failedReads.length === 0 ? [] : [`reads: ${JSON.stringify(failedReads.slice(0, 3))}`]),
    ...(failedWrites.length === 0 ? [] : [`writes: ${JSON.stringify(failedWrites.slice(0, 3))}`]),
    ...(resets <= Math.ceil(attempts * Number(values.maxResetShare))
      ? []
      : [`${resets} resets of ${attempts} writes`]),
    ...(made === ids.size ? [] : [`${ids.size} writes made ${made} credentials`]),
    ...(load.exits.every((code) => code === 0) ? [] : [`exit codes ${load.exits}`]),
  ];
  const repeated = load.writes.flatMap(({ tries }) => tries.slice(0, -1));
  return {
    ...{ figure: 'R9', restarts, reads: load.reads.length, failedReads: failedReads.length },
    ...{ readsRetriedByBalancer: publicSide.counts.retried, writes: load.writes.length },
    ...{ failedWrites: failedWrites.length, resets, repeated: countOf(repeated) },
    ...{
      made,
      readP99Ms: percentile(
        load.reads.map(({ ms }) => ms),
        0.99,
      ),
      missed,
    },
  };
}

function countOf(texts) {
  const counts = {};
  for (const text of texts) counts[text] = (counts[text] ?? 0) + 1;
  return counts;
}
