import { describe, expect, it } from 'vitest';
import { loadReport, type Measured } from './read-report.ts';

const { reportOn, tableOf } = await loadReport();

const verifying: Measured = {
  'verifyClient, warm': { samples: [40, 400, 4_000] },
  'bare jose verification': { samples: [20, 100, 4_000] },
  'stock Veramo, verifyCredential': { samples: [1, 10, 1_000] },
  'Credo, verifyCredential': { notAvailable: 'could not be installed: code ENOTFOUND' },
};
const embedding = (cold: number, resident: number): Measured => ({
  'CPU of a cold verdict': { unit: 'µs', samples: [cold] },
  'CPU of its three signature checks, bare jose': { unit: 'µs', samples: [1_000] },
  'memory after warm and cold verdicts': { unit: 'MB', samples: [resident] },
});

describe('a report of the bench', () => {
  it('divides each sample by its neighbour of the same round', () => {
    const { parts } = reportOn({ verifying });
    expect(parts['verifying']?.['verifyClient, warm']).toEqual({
      unit: 'per second',
      median: 400,
      samples: [40, 400, 4_000],
      ratios: { 'bare jose verification': 2, 'stock Veramo, verifyCredential': 40 },
    });
  });

  it('judges what must be more, and what must be less', () => {
    const judge = (part: Measured) =>
      reportOn({ embedding: part }).aims.map(({ value, unit, holds }) => [value, unit, holds]);
    expect(judge(embedding(1_300, 120))).toEqual([
      [1.3, 'x', true],
      [120, 'MB', true],
    ]);
    expect(judge(embedding(1_310, 121))).toEqual([
      [1.31, 'x', false],
      [121, 'MB', false],
    ]);
    expect(reportOn({ verifying }).aims.map(({ value, holds }) => [value, holds])).toEqual([
      [40, true],
      [2, true],
    ]);
  });

  it('says of a peer that is missing why it is', () => {
    const report = reportOn({ verifying });
    expect(report.parts['verifying']?.['Credo, verifyCredential']).toEqual({
      notAvailable: 'could not be installed: code ENOTFOUND',
    });
    expect(tableOf(report)).toMatch(
      /^ {2}Credo, verifyCredential +not available: could not be installed: code ENOTFOUND$/m,
    );
  });

  it('compares each status list with the same list elsewhere', () => {
    const { parts } = reportOn({
      decoding: Object.fromEntries(
        [
          '131072 entries, 20 set',
          '131072 entries, 1311 set',
          '1048576 entries, 10486 set',
        ].flatMap((list, at) => [
          [`${list}: verifier`, { samples: [100 * (at + 1)] }],
          [`${list}: @digitalbazaar`, { samples: [50] }],
        ]),
      ),
    });
    expect(parts['decoding']?.['131072 entries, 1311 set: verifier']).toMatchObject({
      ratios: { '131072 entries, 1311 set: @digitalbazaar': 4 },
    });
  });
});
