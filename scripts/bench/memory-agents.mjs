import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { startPostgres } from '../../dist/db/embedded-postgres.js';
import { freePort } from '../free-port.mjs';
import { startRegistry } from './registry.mjs';

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const connections = 16;
/** One round of what the registry owes, with time to spare. */
const roundMs = 18_000;

/**
 * The memory of a service with many agents, in a process of its own: after its start, after a round,
 * after a sample of their documents was served, and after all of them were. One agent is enrolled; the
 * others are copies of its rows, made by the database.
 */
export async function measureMemoryOfAgents({ folder, scale, say }) {
  const own = join(folder, 'memory-agents');
  mkdirSync(own, { mode: 0o711 });
  const port = await freePort();
  const url = `http://localhost:${port}`;
  await enrolOne(own, url);
  const { agents, sample } = scale.memoryAgents;
  say(`filling in ${agents} agents`);
  await multiply(join(own, 'registry'), agents);
  const service = await start({ folder: own, url, port });
  try {
    const figures = { 'time to start': { unit: 'ms', samples: [service.startMs] } };
    const note = (name) => {
      figures[name] = { unit: 'MB', samples: [service.residentMb()] };
      say(`${name}: ${figures[name].samples} MB`);
    };
    note('memory after the start');
    await delay(roundMs);
    note('memory after a round');
    await readAll({ port, from: 1, to: sample });
    note(`memory after a sample was served`);
    await readAll({ port, from: sample + 1, to: agents });
    note('memory after all were served');
    return figures;
  } finally {
    await service.stop();
  }
}

async function enrolOne(folder, url) {
  const registry = await startRegistry(folder, url);
  await registry.enrol();
  await registry.stop();
}

/** Numbers for the copies, each with a free index of the first status list. */
const numberCopies = `CREATE TEMP TABLE copy AS
  SELECT row_number() OVER () AS n, i FROM generate_series(0, 131071) i
   WHERE i NOT IN (SELECT index FROM status_entries) LIMIT $1`;

/** In the order of the references between the tables: what differs in a copy, and of which rows. */
const copies = [
  [
    'agents',
    `'id', 'agt_copy' || n, 'handle', 'copy-' || n, 'did', did || '-' || n,
     'client_id', replace(client_id, '/bot-1/', '/copy-' || n || '/')`,
    `handle = 'bot-1'`,
  ],
  [
    'identifiers',
    `'did', did || '-' || n, 'alias', alias || '-' || n`,
    `did = (SELECT did FROM agents WHERE handle = 'bot-1')`,
  ],
  [
    'signing_keys',
    `'id', id || '-' || n, 'did', did || '-' || n, 'thumbprint', thumbprint || '-' || n`,
    `did = (SELECT did FROM agents WHERE handle = 'bot-1')`,
  ],
  [
    'status_entries',
    `'index', i, 'holder', 'crd_copy' || n`,
    'index = (SELECT min(index) FROM status_entries)',
  ],
  ['credentials', `'id', 'crd_copy' || n, 'agent_id', 'agt_copy' || n, 'status_index', i`, 'true'],
  [
    'public_documents',
    `'path', replace(path, '/bot-1/', '/copy-' || n || '/')`,
    `path ~ '^/a/bot-1/(client|did|jwks)\\.json$'`,
  ],
].map(
  ([table, changes, rows]) => `INSERT INTO ${table}
    SELECT made.* FROM copy CROSS JOIN (SELECT t FROM ${table} t WHERE ${rows}) source (t),
      LATERAL (SELECT (t).*) columns,
      LATERAL jsonb_populate_record(t, jsonb_build_object(${changes})) made`,
);

async function multiply(dataDir, agents) {
  const server = await startPostgres({ dataDir, log: console.error });
  const client = new pg.Client({ connectionString: server.connectionString });
  try {
    await client.connect();
    await client.query(numberCopies, [agents]);
    for (const sql of [...copies, 'ANALYZE']) await client.query(sql);
  } finally {
    await client.end();
    await server.stop();
  }
}

async function start({ folder, url, port }) {
  const begun = performance.now();
  const child = spawn(process.execPath, [main], {
    env: {
      PATH: process.env.PATH,
      SEALWRIGHT_URL: url,
      SEALWRIGHT_LISTEN: `127.0.0.1:${port}`,
      SEALWRIGHT_DATA_DIR: join(folder, 'registry'),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit').then(() => {
    throw new Error('the service ended');
  });
  ended.catch(() => undefined);
  const ready = new Promise((resolve) => {
    child.stdout.on('data', (octets) => {
      const text = octets.toString();
      if (text.includes('"ready"')) resolve();
      if (text.includes('"level":"error"')) console.error(text);
    });
  });
  await Promise.race([ready, ended]);
  return {
    startMs: Math.round(performance.now() - begun),
    residentMb: () =>
      Math.round(Number(execFileSync('ps', ['-o', 'rss=', '-p', String(child.pid)])) / 1_000),
    stop: async () => {
      child.kill('SIGTERM');
      await ended.catch(() => undefined);
    },
  };
}

async function readAll({ port, from, to }) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  let next = from;
  const reader = async () => {
    while (next <= to) {
      const path = `/a/copy-${next}/client.json`;
      next += 1;
      const [response] = await once(get({ port, host: '127.0.0.1', path, agent }), 'response');
      if (response.statusCode !== 200) throw new Error(`${path}: ${response.statusCode}`);
      for await (const octets of response) void octets;
    }
  };
  await Promise.all(Array.from({ length: connections }, reader));
  agent.destroy();
}
