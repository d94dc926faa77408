// Mutation testing of protocol/ and verifier/, whole or in part:
//
//     npm run mutation -- --mutate 'src/protocol/jwk.ts' --incremental
//
// `tsconfigFile` names no file on purpose: Stryker would rewrite the `extends` of a tsconfig with the
// compiler's API, which TypeScript 7 does not have. Ours extends nothing, so nothing is lost. For the
// same reason no type checker sorts out mutants that do not compile: they count like all others.
import { parseArgs } from 'node:util';

const mutate = ['src/protocol/**/*.ts', 'src/verifier/**/*.ts'];
const { values } = parseArgs({
  options: { mutate: { type: 'string', short: 'm', default: mutate.join(',') } },
  strict: false,
});
// For vitest.config.mjs, which is read in a process below this one.
process.env['MUTATED_FILES'] = String(values.mutate);

export default {
  testRunner: 'vitest',
  vitest: { configFile: 'scripts/mutation/vitest.config.mjs' },
  tsconfigFile: 'none',
  disableTypeChecks: false,
  mutate,
  ignorePatterns: ['data', 'dist', 'keys', 'prisma', 'public', 'src/db'],
  coverageAnalysis: 'perTest',
  // Static mutants stay in: a table of rules is static, and a hole in it lets somebody through.
  ignoreStatic: false,
  concurrency: 1,
  // A machine that is busy otherwise is no endless loop; those end by their count of hits.
  timeoutMS: 30_000,
  tempDirName: '.stryker/work',
  incrementalFile: '.stryker/incremental.json',
  reporters: ['clear-text', 'json', 'html'],
  clearTextReporter: { allowColor: false, allowEmojis: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: '.stryker/report.json' },
  htmlReporter: { fileName: '.stryker/report.html' },
  thresholds: { high: 95, low: 93, break: 90 },
  warnings: { slow: false },
};
