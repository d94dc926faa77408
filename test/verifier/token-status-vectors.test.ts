import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/protocol/strict-json.ts';
import { createVerifier } from '../../src/verifier/index.ts';
import { createPaperWorld } from './support/paper-world.ts';

const file = '../shared/vectors/token-status-list/vectors.json';

interface ListVector {
  readonly name: string;
  readonly bits: number;
  readonly size: number;
  readonly lst: string;
  readonly set: Readonly<Record<string, number>>;
}

const vectors: readonly ListVector[] = existsSync(file)
  ? JSON.parse(readFileSync(file, 'utf8'))
  : [];

/** Publishes a list of the appendix as the issuer's own, and judges passports by their place in it. */
async function judgeBy({ bits, lst }: ListVector) {
  const world = await createPaperWorld();
  const list = {
    iss: world.issuer,
    sub: world.tokenList,
    iat: world.clock() / 1_000,
    exp: world.clock() / 1_000 + 900,
    ttl: 30,
    status_list: { bits, lst },
  };
  const body = await world.sign(list, { header: { typ: 'statuslist+jwt' } });
  world.serve(world.tokenList, { headers: { 'content-type': 'application/statuslist+jwt' }, body });
  const { credentialStatus: _bits, ...passport } = await world.passport();
  const verifier = createVerifier(world.options());
  return async (idx: number): Promise<string> => {
    const status: JsonObject = { status_list: { idx, uri: world.tokenList } };
    const verdict = await verifier.verifyCredential(await world.sign({ ...passport, status }));
    return verdict.reason ?? verdict.outcome;
  };
}

const meanings = ['accepted', 'status-revoked', 'status-suspended'];

describe.skipIf(vectors.length === 0)('the lists of the appendix of the standard', () => {
  it('are six, with 321 statuses that are named', () => {
    expect(vectors.map(({ name, set }) => [name, Object.keys(set).length])).toEqual([
      ['1-bit', 11],
      ['2-bit', 11],
      ['4-bit', 15],
      ['8-bit', 256],
      ['small-1bit', 16],
      ['small-2bit', 12],
    ]);
  });

  it.each(vectors)('mean to the verifier what they say: $name', async (vector) => {
    const judge = await judgeBy(vector);
    for (const [index, status] of Object.entries(vector.set)) {
      const expected = meanings[status] ?? 'status-invalid';
      expect([index, await judge(Number(index))]).toEqual([index, expected]);
    }
    const unnamed = [...Array(vector.size).keys()].find((index) => !(index in vector.set));
    if (unnamed !== undefined) expect(await judge(unnamed)).toBe('accepted');
    expect(await judge(vector.size)).toBe('status-invalid');
  });
});
