import { describe, expect, it } from 'vitest';
import { createVerifier } from '../../src/verifier/index.ts';
import { createPaperWorld } from './support/paper-world.ts';
import type { Tampering } from './support/tampering.ts';
import { tamperings } from './support/tamperings.ts';

async function judge({ tamper, policy, clientId }: Tampering) {
  const world = await createPaperWorld();
  await tamper?.(world);
  const verifier = createVerifier(world.options(policy?.(world.policy)));
  const verdict = await verifier.verifyClient(clientId ?? world.clientId, {
    scope: 'write:tickets',
  });
  return { verdict, asked: world.fetch.asked };
}

describe('every tampering is refused for exactly its reason', () => {
  it.each(tamperings)('$check: $name', async (tampering) => {
    const { verdict, asked } = await judge(tampering);
    expect(verdict.reason).toBe(tampering.reason);
    expect(verdict.outcome).toBe(tampering.outcome);
    const decisive = verdict.report.checks.find(
      ({ outcome }) => outcome === 'fail' || outcome === 'undetermined',
    );
    expect(decisive?.id).toBe(tampering.check);
    expect(decisive?.fix).toMatch(/\S.*\.$/);
    expect(verdict.granted).toEqual([]);
    expect(verdict.withheld).toEqual(['write:tickets']);
    if (tampering.asked !== undefined) {
      expect(asked).toHaveLength(tampering.asked);
    }
  });
});
