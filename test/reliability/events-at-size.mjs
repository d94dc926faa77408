#!/usr/bin/env node
/**
 * What it costs to tell of very many changes at once: as many audit records as told are put into the
 * trail by hand, about one credential, and a webhook is told of each. Taken are the messages in a
 * second, the most rows that waited at a time, and how far the memory of the service grew.
 *
 *   node test/reliability/events-at-size.mjs [--events 100000] [--most-rows 2500] [--most-mb 200]
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { startPostgres } from '../../dist/db/embedded-postgres.js';
import { freePort } from '../../scripts/free-port.mjs';

const main = resolve(import.meta.dirname, '../../dist/main.js');
const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '100000' },
    'most-rows': { type: 'string', default: '2500' },
    'most-mb': { type: 'string', default: '200' },
  },
});
const events = Number(values.events);
const dataDir = mkdtempSync(join(tmpdir(), 'sealwright-size-'));
chmodSync(dataDir, 0o711);
const token = `swt_${randomBytes(32).toString('base64url')}`;
const postgres = await startPostgres({ dataDir, log: () => {} });
const client = new pg.Client({ connectionString: postgres.connectionString });
await client.connect();
const ids = new Set();
let url;
let child;
const receiver = createServer((request, response) => {
  ids.add(request.headers['webhook-id']);
  request.resume().on('end', () => response.writeHead(204).end());
}).listen(0, 'localhost');
try {
  await once(receiver, 'listening');
  await startService();
  const credential = await prepare();
  const before = residentMb();
  await appendRecords(credential);
  const began = performance.now();
  let [mostRows, mostMb] = [0, before];
  while (ids.size < events) {
    await sleep(200);
    const { rows } = await client.query(
      `SELECT count(*)::int AS rows FROM event_deliveries WHERE state = 'pending'`,
    );
    mostRows = Math.max(mostRows, rows[0].rows);
    mostMb = Math.max(mostMb, residentMb());
  }
  const seconds = (performance.now() - began) / 1_000;
  const grownMb = Math.round(mostMb - before);
  const perSecond = Math.round(events / seconds);
  console.log(
    JSON.stringify({ events, seconds: Math.round(seconds), perSecond, mostRows, grownMb }),
  );
  const isMissed = mostRows > Number(values['most-rows']) || grownMb > Number(values['most-mb']);
  process.exitCode = isMissed ? 1 : 0;
} finally {
  child?.kill('SIGKILL');
  receiver.closeAllConnections();
  receiver.close();
  await client.end();
  await postgres.stop();
  rmSync(dataDir, { recursive: true, force: true });
}

async function startService() {
  const port = await freePort();
  url = `http://localhost:${port}`;
  child = spawn(process.execPath, [main], {
    env: {
      PATH: process.env.PATH,
      SEALWRIGHT_URL: url,
      SEALWRIGHT_LISTEN: `127.0.0.1:${port}`,
      SEALWRIGHT_DATA_DIR: mkdtempSync(join(dataDir, 'service-')),
      SEALWRIGHT_MASTER_KEY: randomBytes(32).toString('base64url'),
      SEALWRIGHT_ADMIN_TOKEN: token,
      SEALWRIGHT_LOG_LEVEL: 'warn',
      DATABASE_URL: postgres.connectionString,
    },
    // Its log goes where figures do not.
    stdio: ['ignore', 2, 'inherit'],
  });
  for (let tries = 0; tries < 3_000 && child.exitCode === null; tries += 1) {
    const ready = await fetch(`${url}/readyz`).catch(() => undefined);
    if (ready?.status === 200) return;
    await sleep(20);
  }
  throw new Error('The service did not become ready.');
}

async function make(path, body) {
  const response = await fetch(`${url}/api/v1${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (response.status !== 201) throw new Error(`${path}: ${await response.text()}`);
  return response.json();
}

async function prepare() {
  const owners = ['owner@acme.example'];
  await make('/agents', {
    ...{ handle: 'bot', kind: 'agent', name: 'Bot', owners, keyCustody: 'registry' },
  });
  const repository = 'https://acme.example/bot';
  const software = { name: 'bot', version: '1.0.0', repository, commit: 'a'.repeat(40) };
  const order = { type: 'provenance', reason: 'drill', claims: { software } };
  const { id } = await make('/agents/bot/credentials', order);
  const hook = `http://localhost:${receiver.address().port}/`;
  await make('/webhooks', { url: hook, events: ['credential.revoked'] });
  return id;
}

/** The chain is of no matter here: nothing verifies it. */
async function appendRecords(credential) {
  await client.query('BEGIN');
  await client.query(
    `INSERT INTO audit_records (sequence, id, at, organization_id, action, subject, body, previous_hash, hash)
     SELECT h.sequence + n, 'evt_size' || n, now(), o.id, 'credential.revoked', $1, '{}', '', ''
       FROM audit_head h, organizations o, generate_series(1, $2::int) AS n`,
    [credential, events],
  );
  await client.query('UPDATE audit_head SET sequence = sequence + $1', [events]);
  await client.query('COMMIT');
}

function residentMb() {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1_024;
}
