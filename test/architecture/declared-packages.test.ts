import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readImports } from './read-imports.ts';

const root = resolve(import.meta.dirname, '../..');

type Field = 'dependencies' | 'optionalDependencies' | 'devDependencies';
const declared: { readonly [Name in Field]: Readonly<Record<string, string>> } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
);

/** Where a package has to be declared for a folder to name it. What is installed runs from `src`. */
const folders: readonly (readonly [string, readonly Field[]])[] = [
  ['src', ['dependencies', 'optionalDependencies']],
  ['scripts', ['dependencies', 'optionalDependencies', 'devDependencies']],
  ['test', ['dependencies', 'optionalDependencies', 'devDependencies']],
];

/** What `npm run stage` makes of this project, and tests install. */
const staged: Readonly<Record<string, readonly string[]>> = { test: ['@sealwright/verifier'] };

function modulesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:tsx?|mjs)$/.test(name) && !name.includes('node_modules'))
    .map((name) => join(folder, name));
}

/** The package of an imported name; null for a file of ours and for a module of Node. */
function packageOf(name: string): string | null {
  if (name.startsWith('.') || name.startsWith('node:')) return null;
  const [first = '', second = ''] = name.split('/');
  if (builtinModules.includes(first)) return null;
  return first.startsWith('@') ? `${first}/${second}` : first;
}

function packagesNamedIn(module: string): string[] {
  const names = readImports(readFileSync(join(root, module), 'utf8')).map(packageOf);
  return [...new Set(names.filter((name) => name !== null))];
}

describe('packages', () => {
  it.each(folders)('that %s names are declared', (folder, fields) => {
    const packages = fields.flatMap((field) => Object.keys(declared[field]));
    const known = new Set([...packages, ...(staged[folder] ?? [])]);
    const offenders = modulesIn(folder).flatMap((module) =>
      packagesNamedIn(module)
        .filter((name) => !known.has(name))
        .map((name) => `${module} -> ${name}`),
    );
    expect(offenders).toEqual([]);
  });

  it('are seen at all', () => {
    const seen = (folder: string) => new Set(modulesIn(folder).flatMap(packagesNamedIn));
    expect(seen('src')).toContain('@modelcontextprotocol/sdk');
    expect(seen('scripts')).toContain('@veramo/data-store');
    expect(seen('test')).toContain('vitest');
    expect(packageOf('@veramo/core/build/x.js')).toBe('@veramo/core');
    expect(packageOf('ajv/dist/2020.js')).toBe('ajv');
    expect([packageOf('./x.ts'), packageOf('node:fs'), packageOf('fs')]).toEqual([
      null,
      null,
      null,
    ]);
  });
});
