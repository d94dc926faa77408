import { createHmac } from 'node:crypto';

const rounds = 6;

/**
 * The index for the n-th credential of a list: a permutation of 0 … size-1 keyed by a secret, so
 * that indices look random to outsiders, never collide, and need no search. A balanced Feistel
 * network over the next power of four, walked until it lands inside the list.
 */
export function permuteIndex(counter: number, list: { size: number; key: Uint8Array }): number {
  const halfBits = Math.ceil(Math.log2(list.size) / 2);
  let value = counter;
  do value = encipher(value, halfBits, list.key);
  while (value >= list.size);
  return value;
}

function encipher(value: number, halfBits: number, key: Uint8Array): number {
  const mask = 2 ** halfBits - 1;
  let left = value >>> halfBits;
  let right = value & mask;
  for (let round = 0; round < rounds; round += 1) {
    [left, right] = [right, left ^ (roundValue(right, round, key) & mask)];
  }
  return left * 2 ** halfBits + right;
}

function roundValue(half: number, round: number, key: Uint8Array): number {
  const message = Buffer.alloc(5);
  message.writeUInt8(round, 0);
  message.writeUInt32BE(half, 1);
  return createHmac('sha256', key).update(message).digest().readUInt32BE(0);
}
