import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { applyMigrations } from '../../dist/db/apply-migrations.js';
import { createClient } from '../../dist/db/client.js';
import { createReaders } from '../../dist/db/create-readers.js';
import { startPostgres } from '../../dist/db/embedded-postgres.js';
import { compare } from './measure.mjs';

const pg = createRequire(import.meta.url)('pg');
const day = 86_400_000;
const page = { limit: 50 };

/**
 * Milliseconds to the first page of who may do something, in organizations of different sizes in one
 * database that is filled by SQL: every agent may read a resource that all share, and one of its own;
 * every tenth is denied the shared one, every seventh was suspended a month ago and resumed.
 */
export async function measureAccess({ folder, scale, say }) {
  const { sizes, warmUps, rounds, times } = scale.access;
  const dataDir = join(folder, 'access');
  mkdirSync(dataDir, { mode: 0o711 });
  const server = await startPostgres({ dataDir, log: () => {} });
  const client = createClient(server.connectionString);
  try {
    await applyMigrations(server.connectionString);
    for (const size of Object.values(sizes)) {
      say(`filling with ${size} agents`);
      await fill(server.connectionString, size);
    }
    const { access } = createReaders(client);
    const questions = {
      'a shared resource, now': () => ({ scope: 'read:shared', at: new Date() }),
      'a shared resource, a month ago': () => ({ scope: 'read:shared', at: before(30) }),
      'one agent’s own, now': (size) => ({ scope: `read:own/${size >> 1}`, at: new Date() }),
      'nobody’s, now': () => ({ scope: 'read:nothing', at: new Date() }),
    };
    const contenders = {};
    for (const [name, ask] of Object.entries(questions)) {
      for (const [estate, size] of Object.entries(sizes)) {
        const filter = () => ({ organizationId: `org_${size}`, ...ask(size) });
        contenders[`${name}: ${estate} estate`] = () =>
          msOver(() => access.listPermitted(filter(), page), times);
      }
    }
    const figures = await compare(contenders, { warmUps, rounds, say });
    return Object.fromEntries(
      Object.entries(figures).map(([name, figure]) => [name, { unit: 'ms', ...figure }]),
    );
  } finally {
    await client.$disconnect();
    await server.stop();
  }
}

async function msOver(run, times) {
  const began = performance.now();
  for (let time = 0; time < times; time += 1) await run();
  return (performance.now() - began) / times;
}

function before(days) {
  return new Date(Date.now() - days * day);
}

/** Rows as the service would have written them, in bulk. */
async function fill(connectionString, size) {
  const client = new pg.Client({ connectionString });
  await client.connect();
  const organization = `org_${size}`;
  const own = `https://${size}.example`;
  const statements = [
    `INSERT INTO organizations VALUES ('${organization}', '${own}', 'did:web:${size}.example', 'x', 'x@x', now() - interval '90 days')`,
    `INSERT INTO status_lists (id, organization_id, number, size, taken, permutation_key, revision, published_revision)
     VALUES ('lst_${size}', '${organization}', 1, 1000000, 0, '', 0, 0)`,
    `INSERT INTO agents (id, organization_id, handle, kind, state, name, owners, tags, redirect_uris, grant_types,
       client_id, did, key_custody, created_at, updated_at, papers_revision, published_revision)
     SELECT 'agt_${size}_' || lpad(n::text, 8, '0'), '${organization}', 'bot-' || n, 'agent', 'active', 'Bot', '{x@x}', '{}', '{}', '{}',
       '${own}/' || n, 'did:web:${size}.example:' || n, 'jwk', now() - interval '60 days', now(), 1, 1
       FROM generate_series(1, ${size}) n`,
    `INSERT INTO agent_state_changes (agent_id, state, since)
     SELECT id, 'active', created_at FROM agents WHERE organization_id = '${organization}'`,
    `INSERT INTO status_entries (list_id, index, holder)
     SELECT 'lst_${size}', n, 'crd_${size}_' || lpad(n::text, 8, '0') FROM generate_series(1, ${size}) n`,
    `INSERT INTO credentials (id, organization_id, agent_id, type, claims, visibility, reason, valid_from, valid_until,
       payload, jwt, sealing, key_id, series, status_list_id, status_index, created_at)
     SELECT 'crd_${size}_' || lpad(n::text, 8, '0'), '${organization}', 'agt_${size}_' || lpad(n::text, 8, '0'), 'allowed-actions',
       '{"actions":[{"action":"read","resource":"shared"},{"action":"read","resource":"own/' || n || '"}]}', 'on-request', 'bench',
       now() - interval '60 days', now() + interval '30 days', repeat('p', 800), repeat('j', 1300), 'sealed', 'key_${size}', 'crd_${size}_' || lpad(n::text, 8, '0'), 'lst_${size}', n, now() - interval '60 days'
       FROM generate_series(1, ${size}) n`,
    `INSERT INTO credential_actions
     SELECT c.id, c.organization_id, c.agent_id, named.effect, named.scope, c.valid_until
       FROM credentials c
      CROSS JOIN LATERAL (VALUES ('allow', 'read:shared', true), ('allow', 'read:own/' || c.status_index, true),
        ('deny', 'read:shared', c.status_index % 10 = 0)) named (effect, scope, is_named)
      WHERE c.organization_id = '${organization}' AND named.is_named`,
    `INSERT INTO ended_suspensions (holder, cause, began_at, ended_at)
     SELECT id, 'itself', now() - interval '31 days', now() - interval '29 days' FROM credentials
      WHERE organization_id = '${organization}' AND status_index % 7 = 0`,
    'ANALYZE',
  ];
  for (const statement of statements) await client.query(statement);
  await client.end();
}
