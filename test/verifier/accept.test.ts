import { describe, expect, it } from 'vitest';
import { createVerifier } from '../../src/verifier/index.ts';
import { createPaperWorld } from './support/paper-world.ts';

describe('a client whose papers are in order', () => {
  it('is accepted, and the requested scopes are parted by its passport', async () => {
    const world = await createPaperWorld();
    const verifier = createVerifier({
      fetch: world.fetch,
      policy: world.policy,
      clock: world.clock,
    });
    const verdict = await verifier.verifyClient(world.clientId, {
      scope: 'read:logs/production read:logs/pii',
    });
    console.log(JSON.stringify(verdict, null, 1));
    expect(verdict.outcome).toBe('accepted');
  });
});
