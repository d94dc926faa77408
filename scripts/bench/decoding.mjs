import { decodeList } from '@digitalbazaar/vc-bitstring-status-list';
import { decodeBitstring, encodeBitstring, setBit } from '../../dist/protocol/index.js';
import { guardedFetch } from '../../dist/verifier/node/index.js';
import { compare, numbersFor, rateOver } from './measure.mjs';

const sizes = [
  { entries: 131_072, set: 20 },
  { entries: 131_072, set: 1_311 },
  { entries: 1_048_576, set: 10_486 },
];

/**
 * Status lists a second, from text to bits that can be asked: by the verifier with the inflater that
 * the guarded fetch lends, by the verifier without it, and by the reference library of the standard.
 */
export async function measureDecoding({ scale, say }) {
  const { inflate } = guardedFetch();
  const contenders = {};
  for (const { entries, set } of sizes) {
    const text = await encodeBitstring(bitsOf(entries, set));
    const name = `${entries} entries, ${set} set`;
    const sample = (run) => () => rateOver(run, { items: numbersFor(scale.sampleMs / 2) });
    contenders[`${name}: verifier`] = sample(() => requireRead(text, inflate));
    contenders[`${name}: verifier, nothing lent`] = sample(() => requireRead(text));
    contenders[`${name}: @digitalbazaar`] = sample(() => decodeList({ encodedList: text }));
  }
  return compare(contenders, { ...scale, say });
}

async function requireRead(text, inflate) {
  const { ok } = await decodeBitstring(text, inflate);
  if (!ok) throw new Error('A list could not be read.');
}

/** The same bits in every run, spread without a pattern. */
function bitsOf(entries, set) {
  const bits = new Uint8Array(entries / 8);
  let seed = 1;
  for (let count = 0; count < set; count += 1) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    setBit(bits, Math.floor((seed / 2 ** 32) * entries));
  }
  return bits;
}
