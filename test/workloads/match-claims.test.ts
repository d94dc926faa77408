import { describe, expect, it } from 'vitest';
import { claimFits, claimNamed, findUnfitClaim } from '../../src/workloads/match-claims.ts';

describe('a claim', () => {
  it.each([
    ['acme/bot', 'acme/bot', true],
    ['acme/bot', 'Acme/bot', false],
    ['acme/bot', 'acme/*', true],
    ['acme/a/b', 'acme/*', true],
    ['acme/', 'acme/*', false],
    ['acme', 'acme/*', false],
    ['acme-evil/bot', 'acme/*', false],
    ['acme/*', 'acme/*', true],
    [true, 'true', true],
    [12, '12', true],
    [12, '12.0', false],
    [['a', 'b'], 'b', true],
    [['a', 'b'], 'a,b', false],
    [[['a']], 'a', false],
    [[12], '12', false],
    [{ a: 'a' }, 'a', false],
    [null, 'null', false],
    [undefined, 'undefined', false],
  ])('%j fits %s: %s', (value, demanded, fits) => {
    expect(claimFits(value, demanded)).toBe(fits);
  });

  it('is found by its name, or by a pointer into another', () => {
    const claims = { 'kubernetes.io': { 'a/b': { '~': 'x' } }, list: ['y'], '/odd': 'z' };
    expect(claimNamed(claims, '/kubernetes.io/a~1b/~0')).toBe('x');
    expect(claimNamed(claims, 'kubernetes.io/a~1b/~0')).toBeUndefined();
    expect(claimNamed(claims, '/list/0')).toBeUndefined();
    expect(claimNamed(claims, '/kubernetes.io/constructor')).toBeUndefined();
    expect(claimNamed(claims, 'toString')).toBeUndefined();
  });
});

it('every claim that is demanded has to fit, each with one of its values', () => {
  const claims = { repository: 'acme/bot', ref: 'refs/heads/main' };
  const fit = { repository: ['acme/other', 'acme/*'], ref: ['refs/heads/main'] };
  expect(findUnfitClaim(claims, fit)).toBeUndefined();
  expect(findUnfitClaim(claims, { ...fit, ref: ['refs/heads/x'] })).toBe('ref');
  expect(findUnfitClaim(claims, { ...fit, actor: ['me'] })).toBe('actor');
  expect(findUnfitClaim(claims, { ...fit, ref: [] })).toBe('ref');
});
