#!/usr/bin/env node
/**
 * Kills the service, or its PostgreSQL, with SIGKILL in the middle of writes of every kind, and checks
 * after each restart that nothing acknowledged is missing and nothing is half done.
 *
 *   node test/reliability/crash-drill.mjs [--target service|postgres] [--rounds 200] [--writes 105]
 *     [--writers 16] [--agents 8] [--maxReadyMs 5000]
 *
 * `--writes` is how many writes of a round are acknowledged before the kill, on average.
 */
import { createHash, randomInt, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect, parseArgs } from 'node:util';
import { genesisHash } from '../../dist/audit/hash-chain.js';
import { journalDir } from '../../dist/journal/journal-file.js';
import { readJournalAfter } from '../../dist/journal/read-journal.js';
import {
  agentOf,
  bitAt,
  call,
  createWorld,
  done,
  facet,
  postmasterPid,
  readList,
  removeWorld,
  report,
  startService,
  stopService,
  withDatabase,
} from './world.mjs';

const { values } = parseArgs({
  options: {
    target: { type: 'string', default: 'service' },
    rounds: { type: 'string', default: '200' },
    writes: { type: 'string', default: '105' },
    writers: { type: 'string', default: '16' },
    agents: { type: 'string', default: '8' },
    maxReadyMs: { type: 'string', default: '5000' },
  },
});
const rounds = Number(values.rounds);
const meanWrites = Number(values.writes);
const agents = Number(values.agents);

/** Each returns the rows that must not be there. */
const halfStates = {
  'a credential without an index': `SELECT id FROM credentials c WHERE NOT EXISTS (
     SELECT FROM status_entries e WHERE e.holder = c.id AND e.list_id = c.status_list_id
        AND e.index = c.status_index)`,
  'an index without a credential': `SELECT holder AS id FROM status_entries e WHERE NOT EXISTS (
     SELECT FROM credentials c WHERE c.id = e.holder)`,
  'an index twice': `SELECT list_id || '/' || index AS id FROM status_entries
     GROUP BY list_id, index HAVING count(*) > 1`,
  'a revocation without a record': `SELECT holder AS id FROM status_entries
     WHERE revoked_at IS NOT NULL AND NOT EXISTS (SELECT FROM audit_records
       WHERE subject = holder AND action IN ('credential.revoked', 'credential.abandoned'))`,
  'a record of a revocation without effect': `SELECT subject AS id FROM audit_records
     WHERE action IN ('credential.revoked', 'credential.abandoned') AND NOT EXISTS (
       SELECT FROM status_entries WHERE holder = subject AND revoked_at IS NOT NULL)`,
  'a suspension that the last record does not tell': `SELECT e.holder AS id FROM status_entries e
     WHERE (e.suspended_at IS NOT NULL) <> coalesce((SELECT r.action = 'credential.suspended'
       FROM audit_records r WHERE r.subject = e.holder
         AND r.action IN ('credential.suspended', 'credential.resumed')
      ORDER BY r.sequence DESC LIMIT 1), false)`,
  'an intent without a credential': `SELECT subject AS id FROM audit_records
     WHERE action = 'credential.intended'
       AND NOT EXISTS (SELECT FROM credentials WHERE id = subject)`,
  'a credential without an intent': `SELECT c.id FROM credentials c WHERE NOT EXISTS (
     SELECT FROM audit_records WHERE subject = c.id AND action = 'credential.intended')`,
  'an issue without a signature': `SELECT subject AS id FROM audit_records
     WHERE action = 'credential.issued' AND NOT EXISTS (
       SELECT FROM credentials WHERE id = subject AND sealing = 'sealed' AND jwt IS NOT NULL)`,
  'a signature that no record tells of': `SELECT c.id FROM credentials c WHERE c.sealing = 'sealed'
     AND NOT EXISTS (SELECT FROM audit_records WHERE subject = c.id AND action = 'credential.issued')`,
  'two credentials under one key': `SELECT reason AS id FROM credentials
     WHERE type = 'provenance' AND sealing = 'sealed' GROUP BY reason HAVING count(*) > 1`,
};

/** A request whose process was killed is remembered as under way for so long. */
const leaseMs = 61_000;

/** A verifier reads no copy again, before it refuses, that it made within the last second. */
const copiesAreNewMs = 1_100;

const failures = [];
const expect = (holds, what) => {
  if (!holds && failures.length < 50) failures.push(what);
};

const world = await createWorld();
/** What was acknowledged; each line is on disk before it counts. */
const acknowledgements = openSync(join(world.place, 'acknowledged.jsonl'), 'a');
/** By credential id: where it stands, and its state as far as it was acknowledged. */
const issued = new Map();
/** Thumbprints of keys whose rotation was acknowledged. */
const rotated = new Set();
const counts = { issue: 0, revoke: 0, suspend: 0, resume: 0, onboard: 0, rotate: 0 };
let unanswered = [];
let verifiedTo = { sequence: 0, hash: genesisHash };
const readyMs = [];
const began = performance.now();

try {
  await drill();
} catch (error) {
  failures.push(inspect(error), ...lastWords());
}
closeSync(acknowledgements);
removeWorld(world);
const acknowledged = Object.values(counts).reduce((sum, count) => sum + count, 0);
report(
  {
    target: values.target,
    rounds: readyMs.length,
    acknowledged,
    ...counts,
    auditRecords: verifiedTo.sequence,
    readyMsMedian: readyMs.toSorted((one, other) => one - other)[readyMs.length >> 1] ?? null,
    readyMsMax: Math.max(0, ...readyMs),
    seconds: Math.round((performance.now() - began) / 1000),
  },
  failures,
);

async function drill() {
  await startService(world);
  for (let number = 0; number < agents; number += 1) {
    await done(world, 'POST', '/agents', agentOf(`bot-${number}`));
  }
  for (let round = 1; round <= rounds && failures.length === 0; round += 1) {
    await writeUntilKilled();
    await resend(leaseMs);
    await checkRound();
    if (round % 10 === 0) process.stderr.write(`round ${round}: ${JSON.stringify(counts)}\n`);
  }
  await resend(0);
  await checkRound();
  await checkEnd();
  await stopService(world);
}

async function writeUntilKilled() {
  const round = { acknowledged: 0, over: false };
  const killAt = randomInt(Math.ceil(meanWrites / 2), Math.ceil(meanWrites * 1.5) + 1);
  // Each credential is changed by one write at a time, so that its state is known.
  const free = [...issued.values()]
    .filter(({ revoked, unknown }) => !revoked && !unknown)
    .slice(-200);
  const work = Array.from({ length: Number(values.writers) }, () => writeOn(round, free));
  while (round.acknowledged < killAt && failures.length === 0) await sleep(2);
  const killed = performance.now();
  if (values.target === 'postgres') {
    const pid = postmasterPid(world);
    process.kill(pid, 'SIGKILL');
    round.over = true;
    await Promise.all(work);
    // Ready means the next PostgreSQL, not the last answer of the one before.
    while ([pid, undefined].includes(postmasterPid(world))) await stayAlive();
    // /readyz stays 200 meanwhile, for the public documents: it is a call that needs the database.
    while (!(await isAnswered())) await stayAlive();
    readyMs.push(Math.round(performance.now() - killed));
  } else {
    const gone = once(world.child, 'exit');
    world.child.kill('SIGKILL');
    round.over = true;
    await gone;
    await Promise.all(work);
    readyMs.push((await startService(world)).readyMs);
  }
  expect(readyMs.at(-1) <= Number(values.maxReadyMs), `ready after ${readyMs.at(-1)} ms`);
}

/** A connection that was idle for long may be closed just when it is used again. */
async function isAnswered() {
  const answer = await call(world, 'GET', '/agents?limit=1').catch(() => undefined);
  return answer?.status === 200;
}

/** A service must outlive its database, and starts the next one. */
async function stayAlive() {
  if (lastWords().length > 0) throw new Error('The service ended with its database.');
  await sleep(20);
}

/** What a service said before it ended by itself. */
function lastWords() {
  const { exitCode } = world.child;
  if (exitCode === null) return [];
  return [`ended with ${exitCode}: ${Buffer.concat(world.output).toString().slice(-2_000)}`];
}

async function writeOn(round, free) {
  while (!round.over) {
    const write = nextWrite(free);
    const answer = await send(write).catch(() => undefined);
    if (answer === undefined || answer.status >= 500) {
      if (write.credential !== undefined) write.credential.unknown = true;
      unanswered.push({ ...write, since: performance.now() });
      continue;
    }
    settle(write, answer);
    round.acknowledged += 1;
    if (write.credential !== undefined && !write.credential.revoked) free.push(write.credential);
  }
}

function nextWrite(free) {
  const dice = randomInt(100);
  const key = randomUUID();
  if (dice < 2) return { kind: 'rotate', key, handle: `spare-${key.slice(0, 8)}`, path: null };
  const credential = dice < 42 ? free.shift() : undefined;
  if (credential === undefined) {
    const body = { ...facet, reason: `drill ${key}` };
    return { kind: 'issue', key, path: `/agents/bot-${randomInt(agents)}/credentials`, body };
  }
  const kind = dice < 14 ? 'revoke' : credential.suspended ? 'resume' : 'suspend';
  const path = `/credentials/${credential.id}/${kind}`;
  return { kind, key, credential, path, body: { reason: `drill ${key}` } };
}

/** A key is changed for an agent of its own: a rotation takes longer than the drill. */
async function send(write) {
  if (write.kind !== 'rotate') return call(world, 'POST', write.path, write.body, write.key);
  const { handle, key } = write;
  const onboarded = await call(world, 'POST', '/agents', agentOf(handle), `${key}-onboard`);
  if (onboarded.status >= 300) return onboarded;
  return call(world, 'POST', `/agents/${handle}/keys`, {}, key);
}

function settle({ kind, credential, key, handle }, { status, body }) {
  const text = JSON.stringify(body);
  expect(status < 300, `${kind} ${credential?.id ?? ''}: ${status} ${text}`);
  if (status >= 300) return;
  writeSync(acknowledgements, `${JSON.stringify({ kind, key, id: body.id ?? credential?.id })}\n`);
  fdatasyncSync(acknowledgements);
  counts[kind] += 1;
  if (kind === 'issue') {
    const { id, status: place, jwt } = body;
    issued.set(id, { id, place, jwt, key, unknown: false, revoked: false, suspended: false });
  } else if (kind === 'rotate') {
    counts.onboard += 1;
    rotated.add({ handle, keys: body.keys.map(({ kid }) => kid) });
  } else if (kind === 'revoke') credential.revoked = true;
  else credential.suspended = kind === 'suspend';
}

/** What got no answer is sent again, twice, under the same key: one write comes of it. */
async function resend(afterMs) {
  const due = unanswered.filter(({ since }) => performance.now() - since >= afterMs);
  unanswered = unanswered.filter((write) => !due.includes(write));
  for (const write of due) {
    const first = await patiently(write);
    const second = await patiently(write);
    expect(
      JSON.stringify(first.body) === JSON.stringify(second.body),
      `${write.kind} under one key was answered twice: ${first.status} ${second.status}`,
    );
    if (write.credential !== undefined) write.credential.unknown = false;
    settle(write, first);
  }
}

async function patiently(write) {
  for (;;) {
    const answer = await send(write);
    if (answer.body.code !== 'idempotency-key-in-use' && answer.status < 500) return answer;
    await sleep(250);
  }
}

async function checkRound() {
  await withDatabase(world, async (client) => {
    for (const [what, sql] of Object.entries(halfStates)) {
      const { rows } = await client.query(sql);
      expect(rows.length === 0, `${what}: ${rows.slice(0, 3).map(({ id }) => id)}`);
    }
    await checkAcknowledged(client);
    await checkChain(client);
  });
  await checkLists();
}

async function checkAcknowledged(client) {
  const { rows } = await client.query(
    `SELECT c.id, c.jwt, e.revoked_at IS NOT NULL AS revoked, e.suspended_at IS NOT NULL AS suspended
       FROM credentials c JOIN status_entries e ON e.holder = c.id WHERE c.type = 'provenance'`,
  );
  const found = new Map(rows.map((row) => [row.id, row]));
  for (const { id, jwt, unknown, revoked, suspended } of issued.values()) {
    const row = found.get(id);
    expect(row?.jwt === jwt, `${id} was acknowledged and is missing`);
    if (unknown) continue;
    expect(row?.revoked === revoked, `${id} is not as it was acknowledged: revoked ${revoked}`);
    expect(row?.suspended === suspended, `${id} is not as acknowledged: suspended ${suspended}`);
  }
  const keys = await client.query("SELECT thumbprint FROM signing_keys WHERE state <> 'destroyed'");
  const known = new Set(keys.rows.map(({ thumbprint }) => thumbprint));
  for (const { handle, keys: kids } of rotated) {
    expect(kids.length > 1 && kids.every((kid) => known.has(kid)), `${handle} lost a key`);
  }
}

/** The whole chain, of which each part is read once. */
async function checkChain(client) {
  const { rows } = await client.query(
    `SELECT sequence::int, body, previous_hash AS previous, hash FROM audit_records
      WHERE sequence > $1 ORDER BY sequence`,
    [verifiedTo.sequence],
  );
  for (const { sequence, body, previous, hash } of rows) {
    const expected = createHash('sha256').update(`${previous}\n${body}`).digest('hex');
    const follows = sequence === verifiedTo.sequence + 1 && previous === verifiedTo.hash;
    expect(follows && hash === expected, `the audit chain breaks at ${sequence}`);
    verifiedTo = { sequence, hash };
  }
}

async function checkLists() {
  const lists = new Map();
  for (const { id, place, unknown, revoked, suspended } of issued.values()) {
    if (unknown) continue;
    for (const [letter, state] of [
      ['r', revoked],
      // Revocation outranks suspension.
      ['s', suspended && !revoked],
    ]) {
      const path = `/status/${place.list}${letter}`;
      if (!lists.has(path)) lists.set(path, await readList(world, path));
      expect(
        bitAt(lists.get(path).bits, place.index) === state,
        `${id} reads otherwise in ${path}`,
      );
    }
  }
  await sleep(copiesAreNewMs);
  await checkDocuments(`bot-${randomInt(agents)}`);
}

async function checkDocuments(handle) {
  const verdict = await done(world, 'POST', '/verify', {
    client_id: `${world.url}/a/${handle}/client.json`,
  });
  expect(verdict.outcome === 'accepted', `${handle}: ${verdict.outcome} ${verdict.reason}`);
}

async function checkEnd() {
  for (let number = 0; number < agents; number += 1) await checkDocuments(`bot-${number}`);
  for (const { handle } of [...rotated].slice(-50)) await checkDocuments(handle);
  const audit = await done(world, 'GET', '/audit/verify');
  expect(audit.intact, `the audit chain is broken: ${JSON.stringify(audit)}`);
  const dir = journalDir(world.auditDir);
  const tail = await readJournalAfter(dir, { sequence: 0, hash: genesisHash });
  expect(tail.missing.length === 0, `the journal lacks ${tail.missing}`);
  expect(tail.linked >= verifiedTo.sequence, 'the journal is shorter than the audit trail');
}
