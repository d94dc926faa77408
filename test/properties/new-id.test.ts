import fc from 'fast-check';
import { expect, it } from 'vitest';
import { newId } from '../../src/kernel/new-id.ts';

const instant = fc.date({ min: new Date(0), max: new Date(2 ** 48 - 1), noInvalidDate: true });

it('sorts identifiers by the millisecond of their creation', () => {
  fc.assert(
    fc.property(instant, instant, (one, other) => {
      fc.pre(one.getTime() !== other.getTime());
      const inOrder = newId<string>('crd', one) < newId<string>('crd', other);
      expect(inOrder).toBe(one < other);
    }),
  );
});
