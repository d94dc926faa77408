// Prisma's schema engine from npm, as WebAssembly: no download, no native binary.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';

const require = createRequire(import.meta.url);
const { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } = createRequire(
  require.resolve('@prisma/adapter-pg'),
)('@prisma/driver-adapter-utils');
/** PostgreSQL's type "char"[]. */
const characterArray = 1002;
const root = resolve(import.meta.dirname, '..');
export const migrationsDir = join(root, 'prisma/migrations');
const schemaDir = join(root, 'prisma/schema');

/**
 * The engine reads catalogue columns of the type "char", and PrismaPg has no name for them. They
 * pass it as arrays of that type, which the catalogue has none of, and come out as characters.
 */
class CatalogPg extends PrismaPg {
  async connect() {
    return withCharacters(await super.connect());
  }

  async connectToShadowDb() {
    return withCharacters(await super.connectToShadowDb());
  }
}

function withCharacters(adapter) {
  const queryRaw = adapter.queryRaw.bind(adapter);
  adapter.queryRaw = async (query) => {
    const result = await queryRaw(query);
    const columnTypes = result.columnTypes.map((type) =>
      type === ColumnTypeEnum.CharacterArray ? ColumnTypeEnum.Character : type,
    );
    return { ...result, columnTypes };
  };
  return adapter;
}

class CatalogClient extends pg.Client {
  query(...args) {
    const callback = args.at(-1);
    if (typeof callback !== 'function') return super.query(...args).then(markCharacters);
    return super.query(...args.slice(0, -1), (error, result) =>
      callback(error, markCharacters(result)),
    );
  }
}

function markCharacters(result) {
  for (const field of result?.fields ?? []) {
    if (field.dataTypeID === pg.types.builtins.CHAR) field.dataTypeID = characterArray;
  }
  return result;
}

let loaded;

/** The bindings serve one instance of the module: it is loaded once. */
async function load() {
  const path = require.resolve('@prisma/schema-engine-wasm').replace(/\.js$/, '_bg.wasm');
  const imports = { './schema_engine_bg.js': bindings };
  const { instance } = await WebAssembly.instantiate(readFileSync(path), imports);
  bindings.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
}

/** An engine on the database; it creates its shadow database on the same server. */
export async function openSchemaEngine(connectionString) {
  loaded ??= load();
  await loaded;
  const datamodels = readSchema().map(({ path, content }) => [path, content]);
  // The engine's lock lasts as long as its connection, which therefore does not linger.
  const pool = { connectionString, Client: CatalogClient, max: 1, idleTimeoutMillis: 10 };
  const adapter = bindMigrationAwareSqlAdapterFactory(new CatalogPg(pool));
  return bindings.SchemaEngine.new({ datamodels }, () => undefined, adapter);
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
