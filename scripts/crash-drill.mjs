#!/usr/bin/env node
/**
 * Kills the service, or its PostgreSQL, with SIGKILL in the middle of issues and revocations, starts
 * it again and checks that nothing acknowledged is missing, no status index is used twice, what was
 * acknowledged as revoked reads as revoked in the published list, and the audit chain verifies.
 *
 *   node scripts/crash-drill.mjs [--rounds 10] [--writes 500] [--target service|postgres|both]
 */
import { spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { freePort } from './free-port.mjs';

const main = resolve(import.meta.dirname, '../dist/main.js');
const writers = 8;
const agents = 4;

/**
 * @param {{ rounds: number, writes: number, target: 'service' | 'postgres', log?: (line: string) => void }} options
 * @returns {Promise<{ rounds: number, issued: number, revoked: number, readyMs: number[] }>} what was
 *   acknowledged; rejects with the first thing that was lost
 */
export async function runCrashDrill({ rounds, writes, target, log = () => {} }) {
  const world = await createWorld();
  const ledger = { issued: new Map(), revoked: new Set() };
  const readyMs = [];
  try {
    let service = await startService(world);
    await onboardAgents(world);
    for (let round = 1; round <= rounds; round += 1) {
      await killDuringWrites({ world, ledger, service, target, writes });
      service = await startService(world);
      readyMs.push(service.readyMs);
      await checkNothingIsLost(world, ledger);
      log(
        `round ${round}: ${ledger.issued.size} issues and ${ledger.revoked.size} revocations ` +
          `acknowledged, none lost; ready again after ${service.readyMs} ms`,
      );
    }
    await stopService(service);
    return { rounds, issued: ledger.issued.size, revoked: ledger.revoked.size, readyMs };
  } finally {
    world.child?.kill('SIGKILL');
    rmSync(world.dataDir, { recursive: true, force: true });
  }
}

async function createWorld() {
  const dataDir = mkdtempSync(join(tmpdir(), 'sealwright-crash-'));
  // Run as root, the database belongs to an unprivileged user who must be able to pass through.
  chmodSync(dataDir, 0o711);
  const port = await freePort();
  const token = `swt_${randomBytes(32).toString('base64url')}`;
  return { dataDir, port, token, url: `http://localhost:${port}`, child: undefined };
}

async function startService(world) {
  const began = Date.now();
  const child = spawn(process.execPath, [main], {
    env: {
      PATH: process.env.PATH,
      SEALWRIGHT_URL: world.url,
      SEALWRIGHT_LISTEN: `127.0.0.1:${world.port}`,
      SEALWRIGHT_DATA_DIR: world.dataDir,
      SEALWRIGHT_ADMIN_TOKEN: world.token,
      SEALWRIGHT_LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  world.child = child;
  const output = [];
  child.stdout.on('data', (chunk) => output.push(chunk));
  child.stderr.on('data', (chunk) => output.push(chunk));
  while (Date.now() - began < 30_000) {
    if (child.exitCode !== null) break;
    const ready = await fetch(`${world.url}/readyz`).catch(() => undefined);
    if (ready?.status === 200) return { child, readyMs: Date.now() - began };
    await sleep(20);
  }
  throw new Error(`The service did not become ready:\n${Buffer.concat(output).toString()}`);
}

async function stopService({ child }) {
  child.kill('SIGTERM');
  if (child.exitCode === null) await once(child, 'exit');
}

async function call(world, method, path, body) {
  const response = await fetch(`${world.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${world.token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

async function onboardAgents(world) {
  for (let number = 0; number < agents; number += 1) {
    const answer = await call(world, 'POST', '/agents', {
      handle: `bot-${number}`,
      kind: 'agent',
      name: `Bot ${number}`,
      owners: ['owner@acme.example'],
      keyCustody: 'registry',
    });
    if (answer.status !== 201) throw new Error(`onboarding failed: ${JSON.stringify(answer)}`);
  }
}

/** Writers go on until the kill; what they were answered before it is in the ledger. */
async function killDuringWrites({ world, ledger, service, target, writes }) {
  const round = { acknowledged: 0, started: 0, over: false };
  const killAt = randomInt(Math.ceil(writes / 5), Math.ceil((writes * 4) / 5));
  const victims = [...ledger.issued.keys()].filter((id) => !ledger.revoked.has(id));
  const work = Array.from({ length: writers }, () =>
    write({ world, ledger, round, writes, victims }),
  );
  while (round.acknowledged < killAt && !round.over) await sleep(2);
  const gone = once(service.child, 'exit');
  if (target === 'postgres') process.kill(postmasterPid(world.dataDir), 'SIGKILL');
  else service.child.kill('SIGKILL');
  if (target === 'postgres') {
    // The service goes on without its database for a moment, as it would in the field.
    await sleep(100);
    service.child.kill('SIGKILL');
  }
  await gone;
  round.over = true;
  await Promise.all(work);
}

async function write({ world, ledger, round, writes, victims }) {
  while (!round.over && round.started < writes) {
    round.started += 1;
    const victim = round.started % 3 === 0 ? victims.pop() : undefined;
    const done = await (victim === undefined ? issue(world) : revoke(world, victim)).catch(
      () => undefined,
    );
    if (done === undefined) continue;
    round.acknowledged += 1;
    if (victim === undefined) {
      ledger.issued.set(done.id, done.status);
      victims.push(done.id);
    } else ledger.revoked.add(victim);
  }
}

async function issue(world) {
  const { status, body } = await call(
    world,
    'POST',
    `/agents/bot-${randomInt(agents)}/credentials`,
    {
      type: 'provenance',
      reason: 'crash drill',
      claims: {
        software: {
          name: 'bot',
          version: '1.0.0',
          repository: 'https://acme.example/bot',
          commit: 'a'.repeat(40),
        },
      },
    },
  );
  if (status === 201) return body;
  if (status < 500) throw Object.assign(new Error(JSON.stringify(body)), { fatal: true });
  return undefined;
}

async function revoke(world, id) {
  const { status } = await call(world, 'POST', `/credentials/${id}/revoke`, {
    reason: 'crash drill',
  });
  return status === 200 ? { id } : undefined;
}

function postmasterPid(dataDir) {
  const file = readdirSync(dataDir, { recursive: true, encoding: 'utf8' }).find((name) =>
    name.endsWith('postmaster.pid'),
  );
  if (file === undefined) throw new Error('There is no postmaster.pid in the data directory.');
  return Number(readFileSync(join(dataDir, file), 'utf8').split('\n')[0]);
}

async function checkNothingIsLost(world, ledger) {
  const credentials = await readAllCredentials(world);
  const byId = new Map(credentials.map((credential) => [credential.id, credential]));
  for (const id of ledger.issued.keys()) {
    const state = byId.get(id)?.state;
    const expected = ledger.revoked.has(id) ? ['revoked'] : ['active', 'revoked'];
    if (!expected.includes(state)) throw new Error(`${id} was acknowledged and is ${state}`);
  }
  const indices = credentials.map(({ status }) => `${status.list}/${status.index}`);
  if (new Set(indices).size !== indices.length) throw new Error('A status index was used twice.');
  await checkPublishedLists(world, ledger);
  const audit = await call(world, 'GET', '/audit/verify');
  if (audit.body.intact !== true)
    throw new Error(`The audit chain broke: ${JSON.stringify(audit)}`);
}

async function readAllCredentials(world) {
  const rows = [];
  let cursor = '';
  do {
    const query = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const { body } = await call(world, 'GET', `/credentials?limit=100${query}`);
    rows.push(...body.data);
    cursor = body.next ?? '';
  } while (cursor !== '');
  return rows;
}

async function checkPublishedLists(world, ledger) {
  const lists = new Map();
  for (const id of ledger.revoked) {
    const { list, index } = ledger.issued.get(id);
    if (!lists.has(list)) lists.set(list, await readBits(`${world.url}/status/${list}r`));
    const byte = lists.get(list)[index >> 3];
    if ((byte & (0x80 >> (index & 7))) === 0) throw new Error(`${id} does not read as revoked.`);
  }
}

async function readBits(url) {
  const jwt = await (await fetch(url)).text();
  const payload = JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url').toString());
  return gunzipSync(Buffer.from(payload.credentialSubject.encodedList.slice(1), 'base64url'));
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '10' },
      writes: { type: 'string', default: '500' },
      target: { type: 'string', default: 'both' },
    },
  });
  const targets = values.target === 'both' ? ['service', 'postgres'] : [values.target];
  for (const target of targets) {
    const options = { rounds: Number(values.rounds), writes: Number(values.writes), target };
    console.log(`${target}:`, await runCrashDrill({ ...options, log: console.log }));
  }
}
