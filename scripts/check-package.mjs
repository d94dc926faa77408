#!/usr/bin/env node
/** Checks what would be published: every front door opens, the binary runs, nothing private is in it. */
import { execFileSync } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const manifest = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8'));
const packed = packedFiles();
const faults = [...doorFaults(), ...binaryFaults(), ...contentFaults()];

for (const fault of faults) console.error(`package: ${fault}`);
if (faults.length > 0) process.exit(1);
console.log(`package: ${packed.size} files, every front door opens`);

function packedFiles() {
  const output = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [tarball] = JSON.parse(output);
  return new Set(tarball.files.map(({ path }) => path));
}

function doorFaults() {
  return Object.entries(manifest.exports).flatMap(([door, target]) => {
    const files = typeof target === 'string' ? [target] : Object.values(target);
    return files
      .map((file) => file.replace(/^\.\//, ''))
      .filter((file) => !packed.has(file))
      .map((file) => `${door} leads to ${file}, which is not in the package`);
  });
}

function binaryFaults() {
  return Object.values(manifest.bin).flatMap((file) => {
    const path = resolve(root, file);
    try {
      accessSync(path, constants.X_OK);
    } catch {
      return [`${file} cannot be executed`];
    }
    const shebang = readFileSync(path, 'utf8').startsWith('#!/usr/bin/env node\n');
    return shebang ? [] : [`${file} has no shebang`];
  });
}

function contentFaults() {
  const needed = [
    'README.md',
    'LICENSE',
    'SECURITY.md',
    'public/contexts/agent-v1.jsonld',
    'docs/checks/status.revocation.md',
  ];
  const missing = needed.filter((file) => !packed.has(file)).map((file) => `${file} is missing`);
  const stray = [...packed].filter((file) =>
    /^(?:(?:test|data|src|scripts)\/|docs\/(?!checks\/))|(?:^|\/)\.env|\.pem$/.test(file),
  );
  return [...missing, ...stray.map((file) => `${file} must not be published`)];
}
