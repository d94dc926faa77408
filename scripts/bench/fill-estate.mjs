// Agents in bulk: copies of the rows of one that was enrolled, made by the database, each with a key
// pair of its own, so that the registry can give them new papers. What they publish, if it is copied, are
// the words of the first: it has the size of the real thing, and is at the right place.
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { makeKeyPair } from '../../dist/kernel/make-key-pair.js';

const pg = createRequire(import.meta.url)('pg');
const listSize = 131_072;
const keysAtOnce = 5_000;

/**
 * Copies the agent `bot-1`, and everything that it holds, so many times. Status lists of the least size
 * are opened as they are needed, and filled but for the last of them.
 *
 * @param {string} connectionString
 * @param {{ agents: number, team: string, withDocuments?: boolean, say: (line: string) => void }} order
 */
export async function fillEstate(connectionString, order) {
  const { agents, team, withDocuments = false, say } = order;
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(findHeld);
    const { rowCount: held } = await client.query('SELECT * FROM held');
    say(`filling in ${agents} agents with ${held} credentials each`);
    await makeKeys(client, agents);
    await client.query(numberCopies);
    await client.query(openLists, [agents * held, listSize]);
    for (const sql of copies(team, held)) await client.query(sql);
    if (withDocuments) await client.query(copyDocuments);
    await client.query('VACUUM ANALYZE');
  } finally {
    await client.end();
  }
}

async function makeKeys(client, count) {
  await client.query('CREATE TEMP TABLE key (n serial, made_thumbprint text, made_jwk text)');
  for (let made = 0; made < count; made += keysAtOnce) {
    const keys = Array.from({ length: Math.min(keysAtOnce, count - made) }, newKey);
    await client.query(
      'INSERT INTO key (made_thumbprint, made_jwk) SELECT * FROM unnest($1::text[], $2::text[])',
      [keys.map(({ thumbprint }) => thumbprint), keys.map(({ jwk }) => jwk)],
    );
  }
}

function newKey() {
  const { kty, crv, x, y } = makeKeyPair('P-256').publicKey.export({ format: 'jwk' });
  // RFC 7638 §3.2: the required members in this order.
  const thumbprint = createHash('sha256')
    .update(JSON.stringify({ crv, kty, x, y }))
    .digest('base64url');
  return { thumbprint, jwk: JSON.stringify({ kty, crv, x, y }) };
}

const numberCopies = `CREATE TEMP TABLE copy AS
  SELECT n, 'agt_' || lpad(n::text, 9, '0') AS agent, made_thumbprint, made_jwk FROM key`;

/**
 * Each copied credential gets the next place; a list has as many places as it has entries. They count as
 * full, and an empty one follows for what is issued from now on.
 */
const openLists = `INSERT INTO status_lists (id, organization_id, number, size, taken,
    permutation_key, revision, published_revision, last_end)
  SELECT 'lst_' || place, last.organization_id, last.number + place, $2::int,
         CASE WHEN place > ceil($1::numeric / $2) THEN 0 ELSE $2 END,
         last.permutation_key, 0, -1,
         (SELECT max(valid_until) FROM credentials)
    FROM generate_series(1, ceil($1::numeric / $2)::int + 1) place,
         (SELECT * FROM status_lists ORDER BY number DESC LIMIT 1) last`;

/** What the agent has now: its facets, and the newest of its passports. */
const findHeld = `CREATE TEMP TABLE held AS
  SELECT c.id AS original, row_number() OVER (ORDER BY c.id)::int AS k FROM credentials c
    JOIN agents a ON a.id = c.agent_id
   WHERE a.handle = 'bot-1' AND c.sealing = 'sealed' AND (c.type <> 'passport' OR c.id = (
     SELECT max(id) FROM credentials p WHERE p.agent_id = a.id AND p.type = 'passport'))`;

function copies(team, held) {
  const place = `((n - 1) * ${held} + k - 1)`;
  const list = `'lst_' || (1 + ${place} / ${listSize})`;
  const index = `${place} % ${listSize}`;
  return [
    copy(
      'agents',
      `'id', agent, 'handle', 'copy-' || n, 'did', did || '-' || n, 'team', '${team}',
       'client_id', replace(client_id, '/bot-1/', '/copy-' || n || '/')`,
      `handle = 'bot-1'`,
    ),
    copy('identifiers', `'did', did || '-' || n, 'alias', alias || '-' || n`, ofBot),
    copy(
      'signing_keys',
      `'id', 'key_' || n, 'did', did || '-' || n, 'thumbprint', made_thumbprint,
       'public_jwk', made_jwk`,
      ofBot,
    ),
    copy(
      'status_entries',
      `'list_id', ${list}, 'index', ${index}, 'holder', 'crd_' || n || '_' || k`,
      'holder = original',
    ),
    copy(
      'credentials',
      `'id', 'crd_' || n || '_' || k, 'series', 'crd_' || n || '_' || k, 'agent_id', agent,
       'status_list_id', ${list}, 'status_index', ${index}`,
      'id = original',
    ),
  ];
}

const copyDocuments = copy(
  'public_documents',
  `'path', regexp_replace(path, '/bot-1(/|$)', '/copy-' || n || '\\1')`,
  `path ~ '/bot-1(/|$)' AND version = (
     SELECT max(version) FROM public_documents latest WHERE latest.path = t.path)`,
);

const ofBot = `did = (SELECT did FROM agents WHERE handle = 'bot-1')`;

function copy(table, changes, rows) {
  const each = rows.includes('original') ? 'copy CROSS JOIN held' : 'copy';
  return `INSERT INTO ${table}
    SELECT made.* FROM ${each} CROSS JOIN LATERAL (SELECT t FROM ${table} t WHERE ${rows}) source (t),
      LATERAL (SELECT (t).*) columns,
      LATERAL jsonb_populate_record(t, jsonb_build_object(${changes})) made`;
}
