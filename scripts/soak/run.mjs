import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { createCertificates } from '../../dist/demo/certificates.js';
import { applyLoad, warmUp } from './load.mjs';
import { judgeMemory, sampleMemory } from './memory.mjs';
import { requestedScope } from './population.mjs';
import { findingsOf } from './report.mjs';
import { startServer } from './server.mjs';
import { watchStalls } from './stalls.mjs';
import { stopClients } from './stops.mjs';
import { Tally } from './tally.mjs';
import { createSoaked, openWorld } from './world.mjs';

/** The freshness limit of the policy, its floor: what a verdict may rest on is no older. */
const limitS = 30;
/** A run has to see so many freshness limits; where its seconds are fewer the clock goes faster. */
const limitsPerRun = 4;
const hosts = 16;
/** How long one read can take, and so be waited for. */
const readMs = 5_000;
const slackMs = 500;
/** How long a document is fresh, by the verifier's clock: its floor, or so long in real time. */
const freshness = { floorS: 5, realS: 2.5 };
/** The guard closes an idle connection after 15 s. */
const idleS = 20;
/** A long run rests more often, and so has more samples of memory at rest. */
const rests = { short: 2, long: 12, longFromS: 600 };
const progress = { perRun: 10, everyMostMs: 60_000 };

/**
 * Soaks a verifier in faults and tells what became of it.
 *
 * @param {{ seconds: number, rate: number, faults: number, clients: number,
 *   say: (line: string) => void }} order
 * @returns {Promise<object>} the result, as JSON
 */
export async function runSoak({ seconds, rate, faults, clients, say }) {
  const pace = Math.max(1, (limitsPerRun * limitS) / seconds);
  const documentS = Math.ceil(Math.max(freshness.floorS, freshness.realS * pace));
  const options = { seconds, rate, faults, clients, hosts, pace, documentS };
  const limitMs = (limitS * 1_000) / pace;
  const effectMs = readMs + (documentS * 1_000) / pace + slackMs;
  const tally = new Tally({ limitMs, effectMs });
  const certificates = await createCertificates();
  const onStall = (stall) => tally.addStall(stall);
  const server = startServer({ onStall, onFault: (fault) => tally.addFault(fault) });
  const release = [watchProcess(tally), watchStalls(onStall)];
  try {
    const world = await openWorld({ server, options, certificates });
    say(`${clients} clients of ${hosts} issuers are there`);
    const verifier = await createSoaked({ world, certificates, limitS });
    return resultOf(await soak({ server, verifier, world, tally, options, limitMs, say }));
  } finally {
    for (const undo of release) undo();
    await server.stop();
    await certificates[Symbol.asyncDispose]();
  }
}

/** Nothing that goes wrong anywhere in the process goes unseen; a leak of listeners is a warning. */
function watchProcess(tally) {
  const onError = (error) => tally.addError(error);
  const events = ['uncaughtException', 'unhandledRejection', 'warning'];
  for (const event of events) process.on(event, onError);
  return () => {
    for (const event of events) process.off(event, onError);
  };
}

async function soak({ server, verifier, world, tally, options, limitMs, say }) {
  const { seconds } = options;
  const { clients, issuers } = world;
  const handlesBefore = countHandles();
  const calls = {
    ...{ verifier, clients, scope: requestedScope },
    onCall: (client, call) => tally.addCall(client, call),
    onError: (error) => tally.addError(error),
  };
  await warmUp(calls);
  await server.ask('fail', { faultShare: options.faults });
  const stopping = new AbortController();
  const { signal } = stopping;
  const background = [
    stopClients({ server, verifier, clients, issuers, seconds, limitMs, signal }),
    keepUp({ seconds, signal, tally, say }),
  ].map((work) => work.catch((error) => tally.addError(error)));
  const load = await applyRounds({ calls, server, options });
  stopping.abort();
  await Promise.all(background);
  tally.explain({ all: true });
  const handles = Math.max(0, countHandles() - handlesBefore);
  const { requests } = await server.ask('count');
  const memory = judgeMemory(load.samples);
  return { tally, options, requests, ...load, end: { ...load.end, handles }, memory };
}

/** Load and rest in turns; after the last of them the verifier is left to come to rest by itself. */
async function applyRounds({ calls, server, options }) {
  const { seconds, rate } = options;
  const rounds = seconds < rests.longFromS ? rests.short : rests.long;
  const delays = monitorEventLoopDelay({ resolution: 10 });
  const samples = [];
  const total = { calls: 0, loadS: 0 };
  let end;
  for (let round = 1; round <= rounds; round += 1) {
    delays.enable();
    const load = await applyLoad({ ...calls, rate, seconds: seconds / rounds });
    delays.disable();
    total.calls += load.calls;
    total.loadS += load.loadS;
    if (round < rounds) await server.ask('hangUp');
    end = await settle(server);
    samples.push({ s: Math.round(total.loadS), ...sampleMemory() });
  }
  const perSecond = Math.round((total.calls / total.loadS) * 10) / 10;
  return { perSecond, samples, end, stallMs: Math.round(delays.max / 1e6) };
}

/** Explains refusals while the faults are remembered, and says how far the run is. */
async function keepUp({ seconds, signal, tally, say }) {
  const startedAt = performance.now();
  const everyMs = 1_000;
  const sayEveryMs = Math.min((seconds * 1_000) / progress.perRun, progress.everyMostMs);
  for (let said = 0; !signal.aborted; ) {
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
    tally.explain();
    const elapsedMs = performance.now() - startedAt;
    if (elapsedMs - said < sayEveryMs) continue;
    said = elapsedMs;
    const { accepted, rejected, undetermined } = tally.outcomes;
    const { heapMb, rssMb } = sampleMemory();
    say(
      `${Math.round(elapsedMs / 1_000)} s: ${accepted} accepted, ${rejected} rejected, ` +
        `${undetermined} undetermined; heap ${heapMb} MiB, resident ${rssMb} MiB`,
    );
  }
}

/** Waits until no connection is left; resolves with what is left after all, and how long it took. */
async function settle(server) {
  const began = performance.now();
  for (;;) {
    const { connections } = await server.ask('count');
    await sleep(100);
    // A connection that the other side closed is known to be so after this process read from it.
    await setImmediate();
    const waitedS = Math.round((performance.now() - began) / 100) / 10;
    if (connections === 0 || waitedS > idleS) return { connections, waitedS };
  }
}

/** What keeps this process alive: sockets, timers, the channel to the server process. */
function countHandles() {
  return process.getActiveResourcesInfo().length;
}

function resultOf(facts) {
  const { tally, options, samples, memory, ...figures } = facts;
  const { outcomes, reasons, bound, good, explained, faults } = tally;
  const findings = findingsOf(facts);
  return {
    node: process.version,
    options,
    ...figures,
    outcomes,
    reasons,
    bound,
    good,
    explained,
    faults,
    latencyMs: { p50: tally.latency(0.5), p99: tally.latency(0.99), max: tally.latency(1) },
    memory: { ...memory, samples },
    falseAccepts: tally.falseAccepts,
    unexplained: tally.unexplained,
    errors: tally.errors,
    findings,
    holds: findings.every(({ holds }) => holds),
  };
}
