import { describe, expect, it } from 'vitest';
import { createVerifier } from '../../src/verifier/index.ts';
import { parseTrustPolicy } from '../../src/verifier/trust-policy.ts';
import { createPaperWorld } from './support/paper-world.ts';

const mend = 'Take the client out of the block list of the policy, if it is to pass.';
const blocking = ['https://id.acme.com/a/billing-bot/client.json', 'https://id.acme.com/a/'];

describe('a client on the block list', () => {
  it.each(blocking)('is refused by %s before anything is fetched', async (blocked) => {
    const world = await createPaperWorld();
    const verifier = createVerifier(world.options({ ...world.policy, block: [blocked] }));
    const { outcome, reason, report } = await verifier.verifyClient(world.clientId);
    expect({ outcome, reason }).toEqual({ outcome: 'rejected', reason: 'client-blocked' });
    expect(report.checks.find(({ id }) => id === 'client-id.trust')?.fix).toBe(mend);
    expect(world.fetch.asked).toEqual([]);
  });

  it('may be one of a development host', async () => {
    const world = await createPaperWorld('http://localhost:3000');
    const { policy, clientId } = world;
    const verifier = createVerifier(world.options({ ...policy, block: [clientId] }));
    expect(await verifier.verifyClient(clientId)).toMatchObject({ reason: 'client-blocked' });
  });

  it('is refused by its credential too, before its issuer is asked for anything', async () => {
    const world = await createPaperWorld();
    const verifier = createVerifier(world.options({ ...world.policy, block: blocking }));
    const { outcome, reason, report } = await verifier.verifyCredential(await world.issue());
    expect({ outcome, reason }).toEqual({ outcome: 'rejected', reason: 'client-blocked' });
    const line = report.checks.find(({ id }) => id === 'issuer.trust');
    expect([line?.evidence, line?.fix]).toEqual([{ issuer: world.issuer }, mend]);
    expect(world.fetch.asked).toEqual([]);
  });

  it.each([
    'https://id.acme.com/a/billing-bot/client.jso',
    'https://id.acme.com/a/billing-bo/',
    'https://id.acme.com/a/billing-bot/client.json2',
  ])('is no other client: %s', async (blocked) => {
    const world = await createPaperWorld();
    const verifier = createVerifier(world.options({ ...world.policy, block: [blocked] }));
    expect(await verifier.verifyClient(world.clientId)).toMatchObject({ outcome: 'accepted' });
  });

  it.each(['', 'billing-bot', 'https://id.acme.com', 'https://*.acme.com/', 7])(
    'is not written as %j',
    (blocked) => {
      const policy = { mode: 'enforce', trust: [], block: [blocked] };
      const parsed = parseTrustPolicy(policy);
      const faults = parsed.ok ? [] : parsed.faults;
      expect(faults).toContainEqual({
        pointer: '/block/0',
        rule: 'policy-blocked',
        detail: 'must be a client_id, or a prefix of some that ends in "/"',
      });
    },
  );
});
