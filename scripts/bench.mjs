#!/usr/bin/env node
/**
 * Measures issuing, verifying and serving against the obvious alternatives, all in one run on this
 * machine, and prints ratios. It judges nothing: the exit code is 0 whether an aim holds or not.
 * Peers that the project does not depend on are installed into scripts/bench/peers by the first run;
 * where they cannot be, their rows say why.
 *
 *   npm run bench                          a table on standard output, in two to three minutes
 *   node scripts/bench.mjs --json          the same as JSON on standard output, the table on stderr
 *   node scripts/bench.mjs --quick         seconds instead, without those peers: shows that it works,
 *                                          not how fast
 *   node scripts/bench.mjs --only issuing  one part; may be repeated. memory-agents and status-at-size are
 *                                          measured only when they are named: they fill in 100,000 agents,
 *                                          and 1,100,000 credentials (some 8 GB of disk)
 *
 * Everything runs from dist/ and on this disk: the folder goes under the TMPDIR of the process.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureAccess } from './bench/access.mjs';
import { measureDecoding } from './bench/decoding.mjs';
import { measureEmbedding } from './bench/embedding.mjs';
import { measureIssuing } from './bench/issuing.mjs';
import { startLoad } from './bench/load.mjs';
import { measureLookup } from './bench/lookup.mjs';
import { measureMemoryOfAgents } from './bench/memory-agents.mjs';
import { measureOnboarding } from './bench/onboarding.mjs';
import { orders } from './bench/papers.mjs';
import { startRegistry } from './bench/registry.mjs';
import { reportOn, tableOf } from './bench/report.mjs';
import { measureServing } from './bench/serving.mjs';
import { measureSidecar } from './bench/sidecar.mjs';
import { measureStatusAtSize } from './bench/status-at-size.mjs';
import { measureVerifying } from './bench/verifying.mjs';

const parts = {
  serving: measureServing,
  verifying: measureVerifying,
  decoding: measureDecoding,
  embedding: measureEmbedding,
  lookup: measureLookup,
  issuing: measureIssuing,
  onboarding: measureOnboarding,
  sidecar: measureSidecar,
  'memory-agents': measureMemoryOfAgents,
  access: measureAccess,
  'status-at-size': measureStatusAtSize,
};
/** Takes minutes by itself, and so only when it is named. */
const occasional = ['memory-agents', 'status-at-size'];
const scales = {
  full: {
    warmUps: 3,
    rounds: 5,
    sampleMs: 500,
    issues: 45,
    onboarding: { single: 40, many: 300, rounds: 3 },
    // Many short samples outlive busy moments.
    lookup: { warmUps: 6, rounds: 31, lookups: 300, tokens: 40 },
    peers: true,
    processes: 3,
    verdicts: { warm: 20_000, cold: 1_000 },
    // Some thousand verdicts until everything is compiled; many short samples outlive busy moments.
    cpu: { warmUps: 150, rounds: 61, times: 25 },
    sidecar: { warmUpMs: 4_000, sampleMs: 4_000 },
    memoryAgents: { agents: 100_000, sample: 10_000 },
    access: { sizes: { small: 1_000, large: 100_000 }, warmUps: 3, rounds: 15, times: 10 },
    statusAtSize: {
      sizes: { small: 1_000, large: 1_000_000 },
      ...{ bulk: 100_000, warmUps: 3, rounds: 21 },
    },
  },
  quick: {
    warmUps: 1,
    rounds: 1,
    sampleMs: 50,
    issues: 6,
    onboarding: { single: 1, many: 3, rounds: 1 },
    lookup: { warmUps: 1, rounds: 1, lookups: 5, tokens: 3 },
    peers: false,
    processes: 1,
    verdicts: { warm: 10, cold: 10 },
    cpu: { warmUps: 1, rounds: 1, times: 5 },
    sidecar: { warmUpMs: 100, sampleMs: 200 },
    memoryAgents: { agents: 200, sample: 50 },
    access: { sizes: { small: 10, large: 1_000 }, warmUps: 1, rounds: 1, times: 2 },
    statusAtSize: { sizes: { small: 40, large: 400 }, bulk: 1_200, warmUps: 1, rounds: 1 },
  },
};

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    only: {
      type: 'string',
      multiple: true,
      default: Object.keys(parts).filter((part) => !occasional.includes(part)),
    },
  },
});
const unknown = values.only.find((name) => !(name in parts));
if (unknown !== undefined) {
  console.error(`There is no part "${unknown}": ${Object.keys(parts).join(', ')}.`);
  process.exit(2);
}
const report = {
  node: process.version,
  cores: availableParallelism(),
  quick: values.quick,
  ...reportOn(await measure(values)),
};
(values.json ? console.error : console.log)(tableOf(report));
if (values.json) console.log(JSON.stringify(report, null, 2));

async function measure({ quick, only }) {
  const undo = [];
  const undoAll = async () => {
    for (const step of undo.reverse()) await step();
  };
  let cleaning;
  const cleanUp = () => {
    cleaning ??= undoAll();
    return cleaning;
  };
  for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143 })) {
    process.once(signal, () => void cleanUp().finally(() => process.exit(code)));
  }
  try {
    const folder = mkdtempSync(join(tmpdir(), 'sealwright-bench-'));
    undo.push(() => rmSync(folder, { recursive: true, force: true }));
    // Run as root, the database belongs to an unprivileged user who must be able to pass through.
    chmodSync(folder, 0o711);
    const load = startLoad();
    undo.push(load.stop);
    const registry = await startRegistry(folder);
    undo.push(registry.stop);
    const clientId = await enrolWithPapers(registry);
    const scale = quick ? scales.quick : scales.full;
    const figures = {};
    for (const name of Object.keys(parts).filter((part) => only.includes(part))) {
      const say = (line) => console.error(`${name}: ${line}`);
      figures[name] = await parts[name]({ registry, clientId, load, folder, scale, say });
    }
    return figures;
  } finally {
    await cleanUp();
  }
}

async function enrolWithPapers(registry) {
  const { handle, clientId } = await registry.enrol();
  for (const order of orders) await registry.issue({ handle, order });
  return clientId;
}
