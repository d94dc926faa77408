import { describe, expect, test } from 'vitest';
import { pointerTo, refused, refusedBelow } from '../../src/protocol/parsed.ts';

describe('a pointer to a fault', () => {
  test.each<[string | number, string]>([
    ['name', '/name'],
    ['', '/'],
    [0, '/0'],
    ['a/b', '/a~1b'],
    ['a~b', '/a~0b'],
    ['~1', '/~01'],
    ['~~//', '/~0~0~1~1'],
  ])('names the member %j by %j', (member, token) => {
    expect(pointerTo(member)).toBe(token);
  });

  test('moves below the place of what was parsed', () => {
    expect(refusedBelow('/keys/1', refused('/kid', 'jwks-kid', 'not a name'))).toEqual({
      ok: false,
      faults: [{ pointer: '/keys/1/kid', rule: 'jwks-kid', detail: 'not a name' }],
    });
  });
});
