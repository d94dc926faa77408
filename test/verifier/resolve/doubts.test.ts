import { describe, expect, it } from 'vitest';
import { Doubts } from '../../../src/verifier/resolve/doubts.ts';

const url = 'https://id.acme.com/doc';
const raise = (doubts: Doubts, at: number, fetchedAt = 0) =>
  doubts.raise(url, { fetchedAt, at, minHeldMs: 1_000 });

describe('Doubts', () => {
  it('are open from when they are raised until they are settled', () => {
    const doubts = new Doubts();
    expect(doubts.isOpen(url)).toBe(false);
    expect(raise(doubts, 1_000)).toBe(true);
    expect(doubts.isOpen(url)).toBe(true);
    expect(doubts.isOpen(`${url}/`)).toBe(false);
    doubts.settle(url);
    expect(doubts.isOpen(url)).toBe(false);
  });

  it('are not raised about a copy that is as good as new', () => {
    const doubts = new Doubts();
    expect(raise(doubts, 5_999, 5_000)).toBe(false);
    expect(doubts.isOpen(url)).toBe(false);
    expect(raise(doubts, 6_000, 5_000)).toBe(true);
  });

  it('are not raised again at once, settled or not', () => {
    const doubts = new Doubts();
    raise(doubts, 1_000);
    expect(raise(doubts, 1_999)).toBe(false);
    doubts.settle(url);
    expect(raise(doubts, 1_999)).toBe(false);
    expect(raise(doubts, 2_000)).toBe(true);
  });

  it('open at any time when they are opened', () => {
    const doubts = new Doubts();
    doubts.open(url, 1_000);
    doubts.settle(url);
    doubts.open(url, 1_000);
    expect(doubts.isOpen(url)).toBe(true);
  });

  it('settle nothing that was never open', () => {
    const doubts = new Doubts();
    doubts.settle(url);
    expect(raise(doubts, 1_000)).toBe(true);
  });
});
