/**
 * Packs the verifier alone, `@sealwright/verifier`, from the build in `dist/`: what its doors lead
 * to, and nothing else. Works in `stage/`, or in the folder that is named.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const [folder = join(root, 'stage')] = process.argv.slice(2);
const packageDir = resolve(folder, 'package');
/** The island: a verifier that needs a room or a package beyond these is not slim. */
const island = { rooms: /^dist\/(?:verifier|protocol)\//, packages: ['ipaddr.js', 'jose'] };

const parent = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const doors = doorsOf(parent.exports);
const { files, packages } = closureOf(Object.values(doors).flatMap(Object.values));
const faults = faultsOf(files, packages);
for (const fault of faults) console.error(`stage: ${fault}`);
if (faults.length > 0) process.exit(1);
layOut();
print(pack());

/** The parent's doors as this package has them: `./verifier/node` is `./node` here. */
function doorsOf(parentDoors) {
  return Object.fromEntries(
    Object.entries(parentDoors)
      .filter(([door]) => /^\.\/(?:verifier|protocol)(?:\/|$)/.test(door))
      .map(([door, target]) => [door.replace(/^\.\/verifier(?=\/|$)/, '.'), target]),
  );
}

/** The files that these lead to, themselves included, and the packages named on the way. */
function closureOf(entries) {
  const reached = new Set(entries.map((entry) => join(entry)));
  const named = new Set();
  // A set that grows while it is walked is walked to its new end.
  for (const file of reached) {
    for (const name of existsSync(join(root, file)) ? namesIn(file) : []) {
      if (name.startsWith('.')) reached.add(fileOf(name, file));
      else if (!name.startsWith('node:')) named.add(packageOf(name));
    }
  }
  return { files: [...reached].sort(), packages: [...named].sort() };
}

function namesIn(file) {
  const text = readFileSync(join(root, file), 'utf8');
  const found = text.matchAll(/(?:^|[\s}])(?:from|import)[\s(]*['"]([^'"\s]+)['"]/gm);
  return [...found].map(([, name]) => name);
}

/** A declaration names the source of the declaration that it means. */
function fileOf(name, importer) {
  const path = join(dirname(importer), name);
  return importer.endsWith('.d.ts') ? path.replace(/\.(?:ts|js)$/, '.d.ts') : path;
}

function packageOf(name) {
  return name.split('/', name.startsWith('@') ? 2 : 1).join('/');
}

function faultsOf(reached, named) {
  return [
    ...reached
      .filter((file) => !existsSync(join(root, file)))
      .map((file) => `${file} is missing: run npm run build`),
    ...reached
      .filter((file) => !island.rooms.test(file))
      .map((file) => `${file} is neither of the verifier nor of the protocol`),
    ...named
      .filter((name) => !island.packages.includes(name))
      .map((name) => `${name} is a dependency too many`),
  ];
}

function layOut() {
  rmSync(packageDir, { recursive: true, force: true });
  for (const file of files) {
    mkdirSync(dirname(join(packageDir, file)), { recursive: true });
    writeFileSync(join(packageDir, file), withoutMap(readFileSync(join(root, file), 'utf8')));
  }
  copyFileSync(join(root, 'LICENSE'), join(packageDir, 'LICENSE'));
  copyFileSync(join(root, 'src/verifier/README.md'), join(packageDir, 'README.md'));
  writeFileSync(join(packageDir, 'package.json'), `${JSON.stringify(manifest(), null, 2)}\n`);
}

/** Maps lead to sources, and those stay behind. */
function withoutMap(text) {
  return text.replace(/\/\/# sourceMappingURL=.*\s*$/, '');
}

function manifest() {
  const { version, license, type, engines, sideEffects, dependencies } = parent;
  return {
    name: '@sealwright/verifier',
    version,
    description:
      'Checks the identity papers of AI agents and MCP servers that come as OAuth clients.',
    license,
    type,
    engines,
    sideEffects,
    exports: { ...doors, './package.json': './package.json' },
    dependencies: Object.fromEntries(packages.map((name) => [name, dependencies[name]])),
  };
}

function pack() {
  const output = execFileSync(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', resolve(folder)],
    { cwd: packageDir, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [tarball] = JSON.parse(output);
  return tarball;
}

function print({ id, filename, size, unpackedSize, entryCount }) {
  const kB = (bytes) => `${Math.round(bytes / 1_000)} kB`;
  const dependencies = Object.entries(manifest().dependencies).map((pair) => pair.join(' '));
  console.log(`${id}: ${join(folder, filename)}`);
  console.log(`${kB(size)}, ${entryCount} files, ${kB(unpackedSize)} unpacked`);
  console.log(`dependencies: ${dependencies.join(', ')}`);
}
