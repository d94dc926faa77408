import { describe, expect, it } from 'vitest';
import { EarliestFirst } from '../../../src/verifier/node/earliest-first.ts';

const drain = (queue: EarliestFirst<{ readonly ticket: number }>): readonly number[] => {
  const next = queue.pop();
  return next === undefined ? [] : [next.ticket, ...drain(queue)];
};

describe('EarliestFirst', () => {
  it.each([
    [[]],
    [[7]],
    [[1, 2, 3, 4, 5]],
    [[5, 4, 3, 2, 1]],
    [[2, 2, 1, 1]],
    [[9, 3, 7, 1, 8, 2, 6, 4, 5, 0]],
  ])('gives %j back in order', (tickets) => {
    const queue = new EarliestFirst<{ readonly ticket: number }>();
    for (const ticket of tickets) queue.push({ ticket });
    expect(queue.size).toBe(tickets.length);
    expect(drain(queue)).toEqual(tickets.toSorted((left, right) => left - right));
    expect(queue.size).toBe(0);
  });

  it('keeps the order while some are put in and others taken out', () => {
    const queue = new EarliestFirst<{ readonly ticket: number }>();
    for (const ticket of [5, 1, 9]) queue.push({ ticket });
    expect(queue.pop()?.ticket).toBe(1);
    for (const ticket of [0, 7, 5]) queue.push({ ticket });
    expect(drain(queue)).toEqual([0, 5, 5, 7, 9]);
  });
});
