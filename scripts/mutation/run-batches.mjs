#!/usr/bin/env node
/**
 * Mutation testing of protocol/ and verifier/, batch by batch, and the score of it all:
 *
 *   npm run mutation                 everything: hours on two cores
 *   npm run mutation -- claims keys  these batches, those of batches.mjs
 *
 * Prints what survives and the share of mutants that a test noticed; exits with 1 below 90 %. What
 * every batch found stays in .stryker/<batch>.json.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { batches } from './batches.mjs';

const root = resolve(import.meta.dirname, '../..');
const inRoot = (path) => join(root, path);
const stryker = join(
  dirname(createRequire(import.meta.url).resolve('@stryker-mutator/core/package.json')),
  'bin/stryker.js',
);
const leastScore = 90;
const noticed = new Set(['Killed', 'Timeout']);
// A mutant that does not run was noticed by nobody, and could reach nobody either.
const uncounted = new Set(['CompileError', 'RuntimeError', 'Ignored']);

const asked = process.argv.slice(2);
const unknown = asked.find((name) => !(name in batches));
if (unknown !== undefined) {
  console.error(`There is no batch "${unknown}": ${Object.keys(batches).join(', ')}.`);
  process.exit(2);
}
const tallies = (asked.length > 0 ? asked : Object.keys(batches)).map(run);
const total = tallies.reduce((sum, { mutants, survivors }) => ({
  mutants: sum.mutants + mutants,
  survivors: sum.survivors + survivors,
}));
console.log(lineOf('all', total));
if (scoreOf(total) < leastScore) process.exit(1);

function run(name) {
  const { mutate, tests } = batches[name];
  const report = inRoot('.stryker/report.json');
  rmSync(report, { force: true });
  spawnSync(process.execPath, [stryker, 'run', 'scripts/mutation/stryker.config.mjs'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, MUTATED: mutate.join(' '), MUTATION_TESTS: tests.join(' ') },
  });
  if (!existsSync(report)) {
    console.error(`The batch "${name}" did not come to its end.`);
    process.exit(1);
  }
  copyFileSync(report, inRoot(`.stryker/${name}.json`));
  return tally(name, JSON.parse(readFileSync(report, 'utf8')));
}

function tally(name, { files }) {
  const mutants = Object.entries(files)
    .flatMap(([path, file]) => file.mutants.map((mutant) => ({ path, ...mutant })))
    .filter(({ status }) => !uncounted.has(status));
  const survivors = mutants.filter(({ status }) => !noticed.has(status));
  for (const { path, location, status, mutatorName, replacement } of survivors) {
    const { line, column } = location.start;
    console.log(`${path}:${line}:${column} ${status} ${mutatorName} -> ${oneLine(replacement)}`);
  }
  const counted = { mutants: mutants.length, survivors: survivors.length };
  console.log(lineOf(name, counted));
  return counted;
}

function oneLine(text = '') {
  return text.replace(/\s+/g, ' ').slice(0, 80);
}

function scoreOf({ mutants, survivors }) {
  return mutants === 0 ? 0 : (100 * (mutants - survivors)) / mutants;
}

function lineOf(name, counted) {
  const { mutants, survivors } = counted;
  return `${name}: ${scoreOf(counted).toFixed(1)} % of ${mutants} mutants noticed, ${survivors} survive`;
}
