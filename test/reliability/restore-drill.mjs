#!/usr/bin/env node
/**
 * Backup, more writes, a lost database, restore: nothing that was taken back is in force again, no
 * index is handed out twice, no public document is older than one before, the audit trail goes on.
 *
 *   node test/reliability/restore-drill.mjs [--agents 20] [--writes 500] [--revocations 50] [--maxRestoreS 300]
 *     [--filled 0] [--recordsEach 10]
 *
 * `--filled`: so many agents beside those that are written to, with their papers and documents, and
 * `--recordsEach` audit records for each of them.
 */
import { copyFileSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { startPostgres } from '../../dist/db/embedded-postgres.js';
import { fillEstate } from '../../scripts/bench/fill-estate.mjs';
import { fillAudit } from './fill-audit.mjs';
import {
  agentOf,
  bitAt,
  call,
  cli,
  createWorld,
  done,
  facet,
  killDatabase,
  killService,
  readAll,
  readList,
  removeWorld,
  report,
  startService,
  stopService,
  withDatabase,
} from './world.mjs';

const { values } = parseArgs({
  options: {
    agents: { type: 'string', default: '20' },
    writes: { type: 'string', default: '500' },
    revocations: { type: 'string', default: '50' },
    maxRestoreS: { type: 'string', default: '300' },
    filled: { type: 'string', default: '0' },
    recordsEach: { type: 'string', default: '10' },
  },
});
const agents = Number(values.agents);
const writes = Number(values.writes);
const revocations = Number(values.revocations);
const filled = Number(values.filled);
/** Of the first list, so that the writes roll over to the next. */
const indicesLeft = Math.ceil(writes / 4);

const failures = [];
const expect = (holds, what) => {
  if (!holds) failures.push(what);
};

const world = await createWorld();
try {
  report(await drill(), failures);
} catch (error) {
  report({}, [...failures, String(error)]);
} finally {
  removeWorld(world);
}

async function drill() {
  await startService(world);
  for (let number = 0; number < agents; number += 1) {
    await done(world, 'POST', '/agents', agentOf(`bot-${number}`));
  }
  await done(world, 'POST', '/agents', agentOf('to-retire'));
  await done(world, 'POST', '/agents', agentOf('to-suspend'));
  await done(world, 'POST', '/agents', agentOf('to-resume'));
  await done(world, 'POST', '/agents', agentOf('to-compromise'));
  await done(world, 'POST', '/agents', agentOf('to-rotate'));
  await done(world, 'POST', '/agents/to-resume/suspend', { reason: 'drill' });
  const token = await done(world, 'POST', '/tokens', { name: 'drill', scopes: ['agents:read'] });
  const before = [];
  for (let number = 0; number < revocations; number += 1) before.push(await issue(number % agents));
  if (filled > 0) await fill();
  await withDatabase(world, (client) =>
    client.query(
      `UPDATE status_lists SET taken = size - $1
        WHERE number = (SELECT max(number) FROM status_lists)`,
      [indicesLeft],
    ),
  );
  const listsBefore = (await readListNumbers()).length;
  const file = join(world.place, 'registry.backup');
  const began = performance.now();
  const taken = await cli(world, 'backup', '--to', file, '--json');
  const backupMs = performance.now() - began;
  expect(taken.exitCode === 0, `backup: ${taken.stderr}`);
  const verified = await cli(world, 'backup', 'verify', file);
  expect(verified.exitCode === 0, `backup verify: ${verified.stderr}`);

  const after = await writeOn(before, token);
  const last = await look();
  await killService(world);
  await wipe();

  const unreplayed = await cli(world, 'restore', '--from', file, '--json');
  expect(unreplayed.exitCode === 0, `restore without replay: ${unreplayed.stderr}`);
  const refused = await startService(world).then(
    () => 'started',
    ({ said }) => said,
  );
  expect(refused.includes('restore --replay'), `started on an older state: ${refused}`);
  await killService(world);
  await wipe();

  const restoring = performance.now();
  const restored = await cli(world, 'restore', '--from', file, '--replay', '--json');
  const restoreMs = performance.now() - restoring;
  expect(restored.exitCode === 0, `restore: ${restored.stderr}`);
  const { readyMs } = await startService(world);
  const told = JSON.parse(restored.stdout || '{}');
  await compare(last, after);
  await stopService(world);
  const rtoMs = restoreMs + readyMs;
  expect(rtoMs <= Number(values.maxRestoreS) * 1000, `restored after ${rtoMs} ms`);
  return {
    agents: agents + filled,
    auditRecords: last.audit.records,
    writes: after.count,
    revocations: after.revoked.length,
    listsRolledOver: last.lists.size - listsBefore,
    reinserted: told.reinserted,
    indicesBurned: told.indicesBurned,
    lost: told.lost?.length,
    backupBytes: statSync(file).size,
    backupMs: Math.round(backupMs),
    restoreMs: Math.round(restoreMs),
    readyMs,
  };
}

/** Other agents, in the database and then in what the service keeps beside it. */
async function fill() {
  await stopService(world);
  const server = await startPostgres({ dataDir: world.dataDir, log: () => undefined });
  const say = (line) => process.stderr.write(`${line}\n`);
  const { connectionString } = server;
  await fillEstate(connectionString, { agents: filled, team: 'filled', withDocuments: true, say });
  const client = new pg.Client({ connectionString });
  await client.connect();
  await client.query(fillAudit(filled * Number(values.recordsEach)));
  await client.end();
  await server.stop();
  await startService(world);
}

async function issue(number) {
  return done(world, 'POST', `/agents/bot-${number}/credentials`, facet);
}

/** What happens after the backup, of every kind. */
async function writeOn(before, token) {
  const reason = { reason: 'drill' };
  const revoked = [];
  const issued = [];
  const suspended = [];
  for (let number = 0; number < writes; number += 1) {
    const turn = number % 10;
    if (revoked.length < revocations && turn < 3) {
      const victim = turn === 2 && issued.length > 0 ? issued.shift() : before.pop();
      if (victim === undefined) continue;
      await done(world, 'POST', `/credentials/${victim.id}/revoke`, reason);
      revoked.push(victim);
    } else if (turn === 3 && before.length > 0 && suspended.length === 0) {
      const [victim] = before.splice(0, 1);
      await done(world, 'POST', `/credentials/${victim.id}/suspend`, reason);
      suspended.push(victim);
    } else if (turn === 4 && number % 50 === 4) {
      await done(world, 'POST', '/agents', agentOf(`late-${number}`));
    } else issued.push(await issue(number % agents));
  }
  await done(world, 'POST', '/agents/to-retire/retire', reason);
  await done(world, 'POST', '/agents/to-suspend/suspend', reason);
  await done(world, 'POST', '/agents/to-resume/resume', reason);
  const { keys } = await done(world, 'GET', '/agents/to-compromise/keys');
  const compromised = { thumbprint: keys[0].thumbprint ?? keys[0].kid, ...reason };
  const path = `/agents/to-compromise/keys/${compromised.thumbprint}/compromise`;
  await done(world, 'POST', path, reason);
  await done(world, 'POST', '/agents/to-rotate/keys', {});
  await done(world, 'DELETE', `/tokens/${token.token?.id ?? token.id}`);
  return { count: writes + 6, revoked, issued, suspended, lateHandle: 'late-4', token };
}

/** Everything of the registry that must not go back; credentials of the agents that are written to. */
async function look() {
  const credentials = [];
  for (const agent of await readHandles()) {
    credentials.push(...(await readAll(world, '/credentials', { agent })));
  }
  const lists = new Map();
  for (const number of await readListNumbers()) {
    lists.set(number, {
      revoked: await readList(world, `/status/${number}r`),
      suspended: await readList(world, `/status/${number}s`),
    });
  }
  const audit = await done(world, 'GET', '/audit/verify');
  const handed = new Set(credentials.map(({ status }) => `${status.list}/${status.index}`));
  return { credentials, lists, audit, handed };
}

async function readHandles() {
  return readColumn("SELECT handle AS value FROM agents WHERE team IS DISTINCT FROM 'filled'");
}

async function readListNumbers() {
  return readColumn('SELECT number AS value FROM status_lists ORDER BY number');
}

async function readColumn(sql) {
  const { rows } = await withDatabase(world, (client) => client.query(sql));
  return rows.map(({ value }) => value);
}

async function wipe() {
  await killDatabase(world);
  const kept = join(world.place, 'master.key');
  copyFileSync(join(world.dataDir, 'master.key'), kept);
  rmSync(world.dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  mkdirSync(world.dataDir, { mode: 0o711 });
  copyFileSync(kept, join(world.dataDir, 'master.key'));
}

async function compare(last, after) {
  for (const [number, former] of last.lists) {
    const revoked = await readList(world, `/status/${number}r`);
    const suspended = await readList(world, `/status/${number}s`);
    expect(revoked.validFrom > former.revoked.validFrom, `list ${number}r is older than before`);
    expect(
      suspended.validFrom > former.suspended.validFrom,
      `list ${number}s is older than before`,
    );
    expect(revoked.iat >= former.revoked.iat, `iat of list ${number}r went back`);
    const lost = former.revoked.bits.filter((byte, at) => (byte & ~revoked.bits[at]) !== 0);
    expect(lost.length === 0, `${lost.length} bytes of list ${number}r lost bits`);
  }
  await compareStates(last, after);
  const audit = await done(world, 'GET', '/audit/verify');
  expect(audit.intact, `the audit trail is broken: ${JSON.stringify(audit)}`);
  expect(audit.records > last.audit.records, 'the audit trail is shorter than before');
  const [head] = await withDatabase(world, async (client) => {
    const text = 'SELECT hash FROM audit_records WHERE sequence = $1';
    return (await client.query(text, [last.audit.records])).rows;
  });
  expect(head?.hash === last.audit.headHash, 'the audit trail went another way');
  const issued = await Promise.all(Array.from({ length: 20 }, (_, at) => issue(at % agents)));
  for (const { status } of issued) {
    expect(!last.handed.has(`${status.list}/${status.index}`), 'an index was handed out again');
    expect(status.list > Math.max(...last.lists.keys()), 'an index came from a former list');
  }
}

async function compareStates(last, after) {
  for (const { id, status, jwt } of [...after.revoked, ...after.issued.slice(0, 5)]) {
    const { bits } = await readList(world, `/status/${status.list}r`);
    expect(bitAt(bits, status.index), `${id} does not read as revoked`);
    const verdict = await done(world, 'POST', '/verify', { jwt });
    expect(verdict.reason === 'status-revoked', `${id} is ${verdict.outcome} ${verdict.reason}`);
  }
  for (const { id, status } of after.suspended) {
    const { bits } = await readList(world, `/status/${status.list}s`);
    expect(bitAt(bits, status.index), `${id} does not read as suspended`);
  }
  const states = {
    'to-retire': 'retired',
    'to-suspend': 'suspended',
    'to-resume': 'active',
    'to-compromise': 'suspended',
    'to-rotate': 'active',
    [after.lateHandle]: 'retired',
  };
  for (const [handle, expected] of Object.entries(states)) {
    const { state } = await done(world, 'GET', `/agents/${handle}`);
    expect(state === expected, `${handle} is ${state}`);
  }
  const again = await call(world, 'POST', '/agents', agentOf(after.lateHandle));
  expect(again.body.code === 'handle-taken', `a handle was given again: ${again.status}`);
  const kept = last.credentials.find(
    ({ id, state, type }) =>
      state === 'active' && type === 'provenance' && !after.issued.some((one) => one.id === id),
  );
  if (kept !== undefined) {
    const { state } = await done(world, 'GET', `/credentials/${kept.id}`);
    expect(state === 'active', `${kept.id} was in force and is ${state}`);
  }
  const text = after.token.text ?? after.token.token;
  const answer = await fetch(`${world.url}/api/v1/agents`, {
    headers: { authorization: `Bearer ${text}` },
  });
  expect(answer.status === 401, `a revoked token is answered ${answer.status}`);
  const verdict = await done(world, 'POST', '/verify', {
    client_id: `${world.url}/a/bot-0/client.json`,
  });
  expect(verdict.outcome === 'accepted', `bot-0 is ${verdict.outcome} ${verdict.reason}`);
}
