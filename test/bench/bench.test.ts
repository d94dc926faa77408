import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Aim, Figure, Missing } from './read-report.ts';

interface Report {
  readonly parts: Readonly<Record<string, Readonly<Record<string, Figure | Missing>>>>;
  readonly aims: readonly Aim[];
}

const script = resolve(import.meta.dirname, '../../scripts/bench.mjs');

async function runBench(...args: string[]): Promise<Report> {
  const { stdout } = await promisify(execFile)(process.execPath, [script, '--json', ...args]);
  return JSON.parse(stdout) as Report;
}

const lists = ['131072 entries, 20 set', '131072 entries, 1311 set', '1048576 entries, 10486 set'];

// How fast anything is depends on the machine and on what else it does: no figure is judged here.
describe('the bench', () => {
  it('measures the memory of a service with many agents when that is named', {
    timeout: 300_000,
  }, async () => {
    const { parts } = await runBench('--quick', '--only', 'memory-agents');
    expect(Object.keys(parts['memory-agents'] ?? {})).toEqual([
      'time to start',
      'memory after the start',
      'memory after a round',
      'memory after a sample was served',
      'memory after all were served',
    ]);
  });

  it('yields every figure, each ratio and each aim in one run', { timeout: 120_000 }, async () => {
    const { parts, aims } = await runBench('--quick');

    const names = Object.entries(parts).map(([part, figures]) => [part, Object.keys(figures)]);
    expect(Object.fromEntries(names)).toEqual({
      serving: ['public document', 'bare node:http'],
      verifying: [
        'verifyClient, warm',
        'verifyClient, cold, stored octets',
        'verifyClient, cold, HTTP on loopback',
        'bare jose verification',
        'stock Veramo, verifyCredential',
        'Credo, verifyCredential',
        'agentcommercekit, parse and verify',
      ],
      decoding: lists.flatMap((list) => [
        `${list}: verifier`,
        `${list}: verifier, nothing lent`,
        `${list}: @digitalbazaar`,
      ]),
      embedding: [
        'CPU of a cold verdict',
        'CPU of its three signature checks, bare jose',
        'memory after warm and cold verdicts',
        'memory at its peak',
      ],
      lookup: [
        'client lookup, agents by their papers',
        'client lookup, any document',
        'token request, agents by their papers',
        'token request, any document',
      ],
      issuing: [
        'use case, one by one',
        'use case, 16 in parallel',
        'HTTP, one by one',
        'HTTP, 16 in parallel',
        'stock Veramo to SQLite, one by one',
        'stock Veramo in memory, one by one',
        'stock Veramo in memory, 16 in parallel',
        'bare jose signature, one by one',
      ],
      onboarding: ['one by one, a call each', 'apply, all in one call'],
      sidecar: ['POST /api/v1/verify', 'POST /hooks/keycloak', 'bare node:http'].flatMap(
        (asked) => [`${asked}: p50`, `${asked}: p99`, `${asked}: CPU`],
      ),
      access: [
        'a shared resource, now',
        'a shared resource, a month ago',
        'one agent’s own, now',
        'nobody’s, now',
      ].flatMap((question) => [`${question}: small estate`, `${question}: large estate`]),
    });
    const leftOut = { notAvailable: 'left out of a quick run' };
    expect(parts['verifying']).toMatchObject({
      'Credo, verifyCredential': leftOut,
      'agentcommercekit, parse and verify': leftOut,
    });
    const figures = Object.values(parts).flatMap((part) => Object.values(part));
    for (const figure of figures.filter((row) => 'samples' in row)) {
      expect(figure.samples).toHaveLength(1);
      expect(figure.median).toBeGreaterThan(0);
      for (const ratio of Object.values(figure.ratios)) expect(ratio).toBeGreaterThan(0);
    }
    expect(
      aims.map(({ atLeast, atMost, unit }) => [atLeast ?? null, atMost ?? null, unit]),
    ).toEqual([
      [1.5, null, 'x'],
      [2, null, 'x'],
      [5, null, 'x'],
      [20, null, 'x'],
      [1, null, 'x'],
      [null, 1.3, 'x'],
      [null, 120, 'MB'],
      [null, 1.1, 'x'],
      [null, 1.1, 'x'],
      [1, null, 'x'],
      [1, null, 'x'],
      [1, null, 'x'],
      [0.8, null, 'x'],
      [null, 5, 'ms'],
      [null, 5, 'ms'],
      ...Array.from({ length: 4 }).flatMap(() => [
        [null, 50, 'ms'],
        [null, 3, 'x'],
      ]),
    ]);
  });

  it('refuses a part that it does not know', async () => {
    await expect(runBench('--quick', '--only', 'cooking')).rejects.toMatchObject({ code: 2 });
  });
});
