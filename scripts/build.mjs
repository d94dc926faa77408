// Builds dist/: generates the Prisma client when the models changed, compiles, and makes the
// command-line program executable. Needs no network.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

const require = createRequire(import.meta.url);
const root = resolve(import.meta.dirname, '..');
const inRoot = (path) => join(root, path);

/** Runs a package's command with our own Node, whatever npm and the PATH are like. */
function run(packageName, command, args) {
  const manifestPath = require.resolve(`${packageName}/package.json`);
  const { bin } = JSON.parse(readFileSync(manifestPath, 'utf8'));
  const script = join(dirname(manifestPath), typeof bin === 'string' ? bin : bin[command]);
  const { status, error, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status === 0) return;
  console.error(error?.message ?? stdout + stderr);
  process.exit(1);
}

/** A digest of everything that the generated client depends on. */
function fingerprintOfModels() {
  const models = readdirSync(inRoot('prisma/schema')).map((name) => `prisma/schema/${name}`);
  const packages = ['prisma', '@prisma/client'].map((name) => `node_modules/${name}/package.json`);
  const hash = createHash('sha256');
  for (const path of ['prisma.config.ts', ...models.sort(), ...packages]) {
    hash
      .update(path)
      .update('\0')
      .update(readFileSync(inRoot(path)))
      .update('\0');
  }
  return hash.digest('hex');
}

function generateClient() {
  const marker = inRoot('src/db/generated/.fingerprint');
  const fingerprint = fingerprintOfModels();
  if (existsSync(marker) && readFileSync(marker, 'utf8') === fingerprint) return;
  run('prisma', 'prisma', ['generate']);
  writeFileSync(marker, fingerprint);
}

/** The compiler leaves behind what it made of sources that are gone, and npm would pack it. */
function removeOrphans() {
  for (const name of readdirSync(inRoot('dist'), { recursive: true })) {
    const source = inRoot(`src/${name.replace(/(\.d\.ts|\.js)(\.map)?$/, '.ts')}`);
    if (!/\.(d\.ts|js)(\.map)?$/.test(name) || existsSync(source) || existsSync(`${source}x`))
      continue;
    rmSync(inRoot(`dist/${name}`));
  }
}

function makeExecutable(path) {
  if (existsSync(path)) chmodSync(path, 0o755);
}

mkdirSync(inRoot('dist'), { recursive: true });
generateClient();
removeOrphans();
run('typescript', 'tsc', ['-p', 'tsconfig.build.json']);
makeExecutable(inRoot('dist/cli/cli.js'));
