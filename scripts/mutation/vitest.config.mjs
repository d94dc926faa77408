// The tests of one batch: without database and build; every server on loopback brings its own CA.
import { relative } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';

process.env['PROPERTY_RUNS'] ??= '100';

const longestMs = new Map();
const lastFailure = new Map();
let runs = 0;

/**
 * Stryker stops at the first failure, so the files that failed last go first, because neighbouring
 * mutants die of the same tests, and then those that ever took least time.
 */
class LikeliestFirst extends BaseSequencer {
  async sort(files) {
    const { cache, config } = this.ctx;
    runs += 1;
    for (const { project, moduleId } of files) {
      const key = `${project.name}:${relative(config.root, moduleId)}`;
      const { failed = false, duration = 0 } = cache.getFileTestResults(key) ?? {};
      if (failed) lastFailure.set(moduleId, runs);
      longestMs.set(moduleId, Math.max(duration, longestMs.get(moduleId) ?? 0));
    }
    const failedAt = ({ moduleId }) => lastFailure.get(moduleId) ?? 0;
    const msOf = ({ moduleId }) => longestMs.get(moduleId);
    return files.toSorted((a, b) => failedAt(b) - failedAt(a) || msOf(a) - msOf(b));
  }
}

/**
 * Stryker counts tests, and a file that does not load has none: its mutant would pass for one that
 * nobody noticed. As an error outside of the tests it is what it is, a mutant that does not run.
 */
class LoadFaults {
  onInit({ state }) {
    this.state = state;
  }
  onTestModuleEnd(module) {
    for (const error of module.errors()) this.state.catchError(error, 'Load Error');
  }
}

export default defineConfig({
  test: {
    include: process.env['MUTATION_TESTS']?.split(' '),
    setupFiles: ['scripts/mutation/fixed-seed.mjs'],
    // One worker for all files: starting one for each would take most of the time.
    isolate: false,
    sequence: { sequencer: LikeliestFirst },
    reporters: ['default', new LoadFaults()],
    testTimeout: 30_000,
  },
});
