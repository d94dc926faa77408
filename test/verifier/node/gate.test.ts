import { describe, expect, it } from 'vitest';
import { Gate } from '../../../src/verifier/node/gate.ts';

/** What became of an entry so far. */
function watch(entry: Promise<boolean>) {
  const seen: { outcome: boolean | 'waiting' } = { outcome: 'waiting' };
  entry.then((outcome) => {
    seen.outcome = outcome;
  });
  return seen;
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

describe('Gate', () => {
  it('lets in as many as there is room for, altogether and of one name', async () => {
    const gate = new Gate({ total: 3, perName: 2 });
    const seen = ['a', 'a', 'a', 'b', 'c'].map((name) => watch(gate.enter(name, 1_000)));
    await settle();
    expect(seen.map(({ outcome }) => outcome)).toEqual([true, true, 'waiting', true, 'waiting']);
    gate.leave('a');
    await settle();
    expect(seen.map(({ outcome }) => outcome)).toEqual([true, true, true, true, 'waiting']);
    gate.leave('b');
    await settle();
    expect(seen.at(-1)?.outcome).toBe(true);
  });

  it('lets nobody wait behind a name that has used up its share', async () => {
    const gate = new Gate({ total: 2, perName: 1 });
    await gate.enter('a', 1_000);
    await gate.enter('b', 1_000);
    const again = watch(gate.enter('a', 1_000));
    const other = watch(gate.enter('c', 1_000));
    gate.leave('b');
    await settle();
    expect([again.outcome, other.outcome]).toEqual(['waiting', true]);
  });

  it('turns away who waited long enough, and forgets them', async () => {
    const gate = new Gate({ total: 1, perName: 1 });
    await gate.enter('a', 1_000);
    expect(await gate.enter('b', 20)).toBe(false);
    gate.leave('a');
    expect(await gate.enter('c', 20)).toBe(true);
  });
});
