import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

interface Report {
  readonly parts: Readonly<Record<string, Readonly<Record<string, Figure>>>>;
  readonly aims: readonly {
    readonly aim: string;
    readonly ratio: number;
    readonly atLeast: number;
    readonly holds: boolean;
  }[];
}

interface Figure {
  readonly perSecond: number;
  readonly samples: readonly number[];
  readonly ratios: Readonly<Record<string, number>>;
}

const script = resolve(import.meta.dirname, '../../scripts/bench.mjs');

async function runBench(...args: string[]): Promise<Report> {
  const { stdout } = await promisify(execFile)(process.execPath, [script, '--json', ...args]);
  return JSON.parse(stdout) as Report;
}

// How fast anything is depends on the machine and on what else it does: no figure is judged here.
describe('the bench', () => {
  it('yields every figure, each ratio and each aim in one run', { timeout: 90_000 }, async () => {
    const { parts, aims } = await runBench('--quick');

    const names = Object.entries(parts).map(([part, figures]) => [part, Object.keys(figures)]);
    expect(Object.fromEntries(names)).toEqual({
      serving: ['public document', 'bare node:http'],
      verifying: [
        'verifyClient, warm',
        'verifyClient, cold, stored octets',
        'verifyClient, cold, HTTP on loopback',
        'bare jose verification',
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
    });
    for (const figure of Object.values(parts).flatMap((figures) => Object.values(figures))) {
      expect(figure.samples).toHaveLength(1);
      expect(figure.perSecond).toBeGreaterThan(0);
      for (const ratio of Object.values(figure.ratios)) expect(ratio).toBeGreaterThan(0);
    }
    expect(aims.map(({ atLeast }) => atLeast)).toEqual([1.5, 2, 0.8, 0.8]);
    for (const { ratio, atLeast, holds } of aims) expect(holds).toBe(ratio >= atLeast);
  });

  it('refuses a part that it does not know', async () => {
    await expect(runBench('--quick', '--only', 'cooking')).rejects.toMatchObject({ code: 2 });
  });
});
