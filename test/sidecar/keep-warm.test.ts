import { afterEach, describe, expect, it, vi } from 'vitest';
import { KeepWarm } from '../../src/sidecar/keep-warm.ts';
import { createVerifier } from '../../src/verifier/index.ts';
import { createStubVerifier } from '../support/stub-verifier.ts';
import { createPaperWorld } from '../verifier/support/paper-world.ts';
import { startTestSidecar } from './support/running-sidecar.ts';

const open: KeepWarm[] = [];

afterEach(() => {
  for (const keeper of open.splice(0)) keeper.close();
});

function keep(options: Partial<ConstructorParameters<typeof KeepWarm>[0]> = {}) {
  const asked: string[] = [];
  const stub = createStubVerifier();
  const verifyClient = (clientId: string) => {
    asked.push(clientId);
    return stub.verifyClient(clientId);
  };
  const keeper = new KeepWarm({
    verifier: { verifyClient },
    now: () => 0,
    everyMs: 60_000,
    forMs: 1_000,
    maxClients: 3,
    ...options,
  });
  open.push(keeper);
  return { keeper, asked };
}

describe('clients that were accepted lately', () => {
  it('are asked about in every round, once each', async () => {
    const { keeper, asked } = keep();
    for (const clientId of ['a', 'b', 'a']) keeper.notice(clientId);
    await keeper.round();
    await keeper.round();
    expect(asked).toEqual(['b', 'a', 'b', 'a']);
  });

  it('are let go when nobody asks about them any more', async () => {
    let now = 0;
    const { keeper, asked } = keep({ now: () => now });
    keeper.notice('a');
    now = 800;
    keeper.notice('b');
    now = 1_500;
    await keeper.round();
    expect(asked).toEqual(['b']);
    expect(keeper.size).toBe(1);
  });

  it('are no more than there is room for; those asked about longest ago go', async () => {
    const { keeper, asked } = keep();
    for (const clientId of ['a', 'b', 'c', 'a', 'd']) keeper.notice(clientId);
    await keeper.round();
    expect(asked).toEqual(['c', 'a', 'd']);
  });

  it('outlive a verifier that fails, and rounds do not overlap', async () => {
    let fail = () => {};
    const verifyClient = vi.fn(
      () => new Promise<never>((_resolve, reject) => (fail = () => reject(new Error('x')))),
    );
    const { keeper } = keep({ verifier: { verifyClient } });
    keeper.notice('a');
    const round = keeper.round();
    await keeper.round();
    expect(verifyClient).toHaveBeenCalledTimes(1);
    fail();
    await round;
    expect(keeper.size).toBe(1);
  });

  it('are asked about by the clock, until it is closed', async () => {
    const { keeper, asked } = keep({ everyMs: 10 });
    keeper.notice('a');
    await expect.poll(() => asked.length).toBeGreaterThan(1);
    keeper.close();
    const before = asked.length;
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(asked.length).toBe(before);
  });
});

describe('a sidecar whose questions are rarer than copies are fresh', () => {
  /** Asks once, lets two minutes pass by steps of five seconds, and asks again. */
  async function askTwice(keepsWarm: boolean) {
    const world = await createPaperWorld();
    const verifier = createVerifier(world.options());
    const keeper = new KeepWarm({
      verifier,
      now: world.clock,
      everyMs: 60_000,
      forMs: 900_000,
      maxClients: 10,
    });
    open.push(keeper);
    await using sidecar = await startTestSidecar({ world, verifier });
    await sidecar.post('/hooks/keycloak', { clientId: world.clientId });
    keeper.notice(world.clientId);
    for (let step = 0; step < 24; step++) {
      world.advance(5_000);
      for (const purpose of ['revocation', 'suspension'] as const) {
        await world.publishList({ purpose });
      }
      if (keepsWarm) await keeper.round();
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    const before = world.fetch.asked.length;
    const { body } = await sidecar.post('/hooks/keycloak', { clientId: world.clientId });
    expect(body).toMatchObject({ allow: true });
    return world.fetch.asked.length - before;
  }

  it('answers without the network, because it kept the client warm', async () => {
    expect(await askTwice(true)).toBe(0);
  });

  it('would have had to fetch both status lists otherwise', async () => {
    expect(await askTwice(false)).toBe(2);
  });

  it('keeps warm by itself those that it accepted, and no others', async () => {
    const limits = { keepWarmEveryMs: 5 };
    await using sidecar = await startTestSidecar({ limits });
    const { world } = sidecar;
    await sidecar.post('/hooks/keycloak', { clientId: 'https://id.acme.com/a/nobody/client.json' });
    await sidecar.post('/hooks/keycloak', { clientId: world.clientId });
    const { body } = await sidecar.send('/metrics');
    expect(body).toContain('sealwright_sidecar_clients_kept_warm 1\n');
    world.advance(27_000);
    const before = world.fetch.asked.length;
    await expect.poll(() => world.fetch.asked.length).toBeGreaterThan(before);
    expect(sidecar.lines).toHaveLength(2);
  });
});
