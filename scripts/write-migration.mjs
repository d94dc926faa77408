// Writes the SQL that leads from the migrations on disk to the models in prisma/schema:
//   npm run migration -- <name>
// It works on DATABASE_URL's server when that is set, else on an embedded one that it throws away.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { draftMigration, migrationsDir, openSchemaEngine } from './schema-engine.mjs';

const [name] = process.argv.slice(2);
if (name === undefined || !/^[a-z0-9_]+$/.test(name)) {
  console.error('usage: npm run migration -- <name>   (lower-case letters, digits, underscores)');
  process.exit(2);
}

async function startThrowaway() {
  execFileSync(process.execPath, [join(import.meta.dirname, 'build.mjs')], { stdio: 'inherit' });
  const { startPostgres } = await import('../dist/db/embedded-postgres.js');
  const dataDir = mkdtempSync(join(tmpdir(), 'sealwright-'));
  const server = await startPostgres({ dataDir, log: console.error });
  const stop = async () => {
    await server.stop();
    rmSync(dataDir, { recursive: true });
  };
  return { connectionString: server.connectionString, stop };
}

const database = process.env.DATABASE_URL
  ? { connectionString: process.env.DATABASE_URL, stop: async () => undefined }
  : await startThrowaway();
const engine = await openSchemaEngine(database.connectionString);
const sql = await draftMigration(engine).finally(database.stop);
if (sql.includes('empty migration')) {
  console.log('The migrations already lead to the models: nothing to write.');
} else {
  const stamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
  const folder = join(migrationsDir, `${stamp}_${name}`);
  mkdirSync(folder);
  writeFileSync(join(folder, 'migration.sql'), sql);
  console.log(join(folder, 'migration.sql'));
}
