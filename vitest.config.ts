import { defineConfig } from 'vitest/config';

// Properties tried ten times as often may take ten times as long.
const tries = Number(process.env['PROPERTY_RUNS'] ?? 2_000);

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/loopback-certificates.ts', 'test/support/global-setup.ts'],
    pool: 'forks',
    testTimeout: tries > 2_000 ? 300_000 : 30_000,
    hookTimeout: 60_000,
  },
});
