// Prisma's schema engine from npm, as WebAssembly: no download, no native binary.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';

const require = createRequire(import.meta.url);
const root = resolve(import.meta.dirname, '..');
export const migrationsDir = join(root, 'prisma/migrations');
const schemaDir = join(root, 'prisma/schema');

/** The engine reads catalogue columns of the type "char", which the adapter knows only as text. */
class CatalogClient extends pg.Client {
  query(...args) {
    const callback = args.at(-1);
    if (typeof callback !== 'function') return super.query(...args).then(charsAsText);
    return super.query(...args.slice(0, -1), (error, result) =>
      callback(error, charsAsText(result)),
    );
  }
}

function charsAsText(result) {
  for (const field of result?.fields ?? []) {
    if (field.dataTypeID === pg.types.builtins.CHAR) field.dataTypeID = pg.types.builtins.TEXT;
  }
  return result;
}

/** An engine on the database; it creates its shadow database on the same server. */
export async function openSchemaEngine(connectionString) {
  const wasm = require.resolve('@prisma/schema-engine-wasm').replace(/\.js$/, '_bg.wasm');
  const { instance } = await WebAssembly.instantiate(readFileSync(wasm), {
    './schema_engine_bg.js': bindings,
  });
  bindings.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  const { bindMigrationAwareSqlAdapterFactory: bind } = createRequire(
    require.resolve('@prisma/adapter-pg'),
  )('@prisma/driver-adapter-utils');
  const options = { datamodels: readSchema().map(({ path, content }) => [path, content]) };
  const adapter = bind(new PrismaPg({ connectionString, Client: CatalogClient }));
  return bindings.SchemaEngine.new(options, () => undefined, adapter);
}

/** The models, file by file. */
export function readSchema() {
  return readdirSync(schemaDir).map((name) => {
    const path = join(schemaDir, name);
    return { path, content: readFileSync(path, 'utf8') };
  });
}

/** The migrations on disk, in the form in which the engine wants them. */
export function readMigrations() {
  const folders = readdirSync(migrationsDir, { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  const migrationDirectories = folders.map(({ name }) => {
    const value = readFileSync(join(migrationsDir, name, 'migration.sql'), 'utf8');
    return {
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok', value } },
    };
  });
  const content = readFileSync(join(migrationsDir, 'migration_lock.toml'), 'utf8');
  const lockfile = { path: 'migration_lock.toml', content };
  return { baseDir: migrationsDir, lockfile, shadowDbInitScript: '', migrationDirectories };
}

/** The SQL that leads from the migrations on disk to the models; empty when they agree. */
export async function draftMigration(engine) {
  const { stdout } = await engine.diff({
    from: { tag: 'migrations', ...readMigrations() },
    to: { tag: 'schemaDatamodel', files: readSchema() },
    script: true,
    exitCode: null,
    filters: { externalTables: [], externalEnums: [] },
  });
  return stdout;
}
