// One batch of mutants; run-batches.mjs says which, by MUTATED and MUTATION_TESTS.
//
// `tsconfigFile` names no file on purpose: Stryker would rewrite the `extends` of a tsconfig with the
// compiler's API, which TypeScript 7 does not have. Ours extends nothing, so nothing is lost. For the
// same reason no type checker sorts out mutants that do not compile: they count like all others.
export default {
  testRunner: 'vitest',
  vitest: { configFile: 'scripts/mutation/vitest.config.mjs' },
  tsconfigFile: 'none',
  disableTypeChecks: false,
  mutate: process.env['MUTATED']?.split(' '),
  ignorePatterns: ['data', 'dist', 'keys', 'prisma', 'public', 'src/db'],
  coverageAnalysis: 'perTest',
  // Static mutants stay in: a table of rules is static, and a hole in it lets somebody through.
  ignoreStatic: false,
  concurrency: 1,
  // A machine that is busy otherwise is no endless loop; those end by their count of hits.
  timeoutMS: 30_000,
  tempDirName: '.stryker/work',
  reporters: ['json'],
  jsonReporter: { fileName: '.stryker/report.json' },
  warnings: { slow: false },
};
