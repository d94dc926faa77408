// The tests that a mutant has to get past: those of its room, and the properties about it. Without
// database and build; every server on loopback brings its own CA.
import { relative } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';

process.env['PROPERTY_RUNS'] ??= '25';

// A mutant of protocol/ alone meets protocol/'s own tests alone: what only a verifier above it would
// notice is a hole in the floor.
const mutated = process.env['MUTATED_FILES'] ?? 'src/verifier';
const rooms = ['protocol', ...(mutated.includes('src/verifier') ? ['verifier'] : []), 'properties'];

const longestMs = new Map();

/** Stryker stops at the first failure, so the files that ever took least time go first. */
class ShortestFirst extends BaseSequencer {
  async sort(files) {
    const { cache, config } = this.ctx;
    for (const { project, moduleId } of files) {
      const key = `${project.name}:${relative(config.root, moduleId)}`;
      const lastMs = cache.getFileTestResults(key)?.duration ?? 0;
      longestMs.set(moduleId, Math.max(lastMs, longestMs.get(moduleId) ?? 0));
    }
    return files.toSorted((a, b) => longestMs.get(a.moduleId) - longestMs.get(b.moduleId));
  }
}

export default defineConfig({
  test: {
    include: rooms.map((room) => `test/${room}/**/*.test.ts`),
    // Properties of rooms above the verifier.
    exclude: [
      'test/properties/{index-permutation,key-seal,new-id}.test.ts',
      'test/properties/{passport-summary,status-projections}.test.ts',
    ],
    setupFiles: ['scripts/mutation/fixed-seed.mjs'],
    // One worker for all files: starting one for each would take most of the time.
    isolate: false,
    sequence: { sequencer: ShortestFirst },
    testTimeout: 30_000,
  },
});
