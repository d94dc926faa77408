#!/usr/bin/env node
/**
 * Fills the disk of the audit journal, and that of the database, under writes: changes are refused with
 * 503 and nothing is lost or torn, documents go on being served, and all recovers by itself.
 *
 *   node test/reliability/disk-drill.mjs [--volume audit|data] [--maxRecoveryMs 15000]
 *
 * It needs root, to mount file systems of 16 MB (audit) and 400 MB (data) in memory; otherwise it says
 * so in `skipped` and does nothing.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import {
  agentOf,
  call,
  createWorld,
  done,
  facet,
  readList,
  removeWorld,
  report,
  startService,
  stopService,
} from './world.mjs';

const { values } = parseArgs({
  options: {
    volume: { type: 'string', default: 'audit' },
    maxRecoveryMs: { type: 'string', default: '15000' },
  },
});
const sizes = { audit: '16m', data: '400m' };
const refusalDeadlineMs = 120_000;

const failures = [];
const expect = (holds, what) => {
  if (!holds) failures.push(what);
};

const world = await createWorld();
const volume = values.volume === 'audit' ? world.auditDir : world.dataDir;
let mounted = false;
try {
  mkdirSync(volume, { mode: 0o711 });
  mounted = tryMount();
  if (mounted) report(await drill(), failures);
  else report({ volume: values.volume, skipped: 'no file system can be mounted here' }, []);
} catch (error) {
  report({}, [...failures, String(error?.stack ?? error)]);
} finally {
  world.child?.kill('SIGKILL');
  await sleep(500);
  if (mounted) execFileSync('umount', ['-l', volume]);
  removeWorld(world);
}

function tryMount() {
  try {
    const options = `size=${sizes[values.volume]},mode=0711`;
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', volume], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function drill() {
  await startService(world);
  await done(world, 'POST', '/agents', agentOf('bot'));
  const paths = ['/a/bot/client.json', '/a/bot/did.json', '/jwks.json', '/status/1r'];
  const acknowledged = [];
  for (let count = 0; count < 5; count += 1) acknowledged.push(await write(count));
  const filler = join(volume, 'filler');
  fill(filler);
  const { refusal, doubtful, served, extra } = await writeUntilRefused(paths);
  acknowledged.push(...extra);
  const before = await call(world, 'GET', '/audit?limit=1');
  expect(world.child.exitCode === null, 'the service ended');
  expect(
    served.every((status) => status === 200),
    `documents were answered ${served}`,
  );
  // Refused before it begins: nothing of it is there.
  const refused = await write('refused', true);
  expect(
    refused.status === 503 || refused.status === 507,
    `a change is answered ${refused.status}`,
  );
  const { checks } = await (await fetch(`${world.url}/readyz`)).json();
  const journal = checks.find(({ name }) => name === 'audit');
  // A database on a full disk is read all the same.
  expect(values.volume === 'data' || !journal.ok, 'readyz says that the journal is written to');
  rmSync(filler);
  const freed = performance.now();
  let again;
  do {
    await sleep(100);
    again = await write('again', true);
  } while (again.status !== 201 && performance.now() - freed < 60_000);
  const recoveryMs = Math.round(performance.now() - freed);
  expect(again.status === 201, `not recovered: ${again.status} ${JSON.stringify(again.body)}`);
  expect(recoveryMs <= Number(values.maxRecoveryMs), `recovered after ${recoveryMs} ms`);
  const resent = await Promise.all(doubtful.map((key) => write(key, true)));
  for (const { id, jwt } of acknowledged) {
    const found = await done(world, 'GET', `/credentials/${id}`);
    expect(found.jwt === jwt, `${id} was acknowledged and is lost`);
  }
  expect(
    resent.every(({ status, body }) => status === 201 || body.code === 'idempotency-key-in-use'),
    `sent again: ${resent.map(({ status }) => status)}`,
  );
  const audit = await done(world, 'GET', '/audit/verify');
  expect(audit.intact, 'the audit trail is broken');
  await readList(world, '/status/1r');
  await stopService(world);
  const { readyMs } = await startService(world);
  const final = await done(world, 'GET', '/audit/verify');
  expect(final.intact && final.records >= audit.records, 'the audit trail is shorter');
  await stopService(world);
  return {
    volume: values.volume,
    acknowledged: acknowledged.length,
    refusal,
    doubtful: doubtful.length,
    readable: before.status,
    recoveryMs,
    readyMs,
  };
}

/** Issues; the key is the number or name, so that it can be sent again. */
async function write(key, whole = false) {
  const answer = await call(world, 'POST', '/agents/bot/credentials', facet, `disk-${key}`);
  if (whole) return answer;
  if (answer.status !== 201) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

function fill(path) {
  const { bavail, bsize } = statfsSync(volume);
  try {
    writeFileSync(path, Buffer.alloc(bavail * bsize, 1));
  } catch (error) {
    // The service wrote in between, and the file ends where the disk does.
    if (error.code !== 'ENOSPC') throw error;
  }
  // A little is left, so that a write fails in its middle.
  truncateSync(path, Math.max(0, statSync(path).size - 8 * 1024));
}

async function writeUntilRefused(paths) {
  const extra = [];
  const doubtful = [];
  const began = performance.now();
  for (let number = 5; performance.now() - began < refusalDeadlineMs; number += 1) {
    const answer = await write(number, true);
    if (answer.status === 201) extra.push(answer.body);
    else {
      doubtful.push(number);
      const documents = await Promise.all(paths.map((path) => fetch(world.url + path)));
      const served = documents.map(({ status }) => status);
      return { refusal: `${answer.status} ${answer.body.code}`, doubtful, served, extra };
    }
  }
  throw new Error('The disk is full, and changes are still acknowledged.');
}
