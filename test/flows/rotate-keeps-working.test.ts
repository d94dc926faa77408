import { describe, expect, it } from 'vitest';
import { createVerifier } from '../../src/verifier/index.ts';
import { guardedFetch } from '../../src/verifier/node/index.ts';
import type { Verifier } from '../../src/verifier/ports.ts';
import {
  AssertionServer,
  type HeldKey,
  makeHeldKey,
  signAssertion,
} from '../support/assertion-server.ts';
import { type ClockedRegistry, startClockedRegistry } from '../support/clocked-registry.ts';

const rotations = 50;
/** Twice as far apart as the registry's own rounds. */
const roundMs = 30_000;
const second = 1_000;

/** An agent that holds its own keys, as its process sees it. */
interface RotatingAgent {
  readonly handle: string;
  readonly clientId: string;
  readonly former: HeldKey;
  readonly next: HeldKey;
  /** Moves to the new key as soon as it may; the others in the last round before it is too late. */
  readonly isEager: boolean;
  /** The round in which its rotation begins. */
  readonly beginsAt: number;
  isNextInUse: boolean;
  looksAgainAt: number;
  isOver: boolean;
}

function verifierOf({ url, organization, clock }: ClockedRegistry): Verifier {
  return createVerifier({
    fetch: guardedFetch({ allowLoopback: true }),
    clock: () => clock.now().getTime(),
    policy: {
      mode: 'enforce',
      trust: [
        {
          issuer: organization.did,
          clientIds: [`${url}/a/`],
          credentialTypes: ['AgentAuthorizationCredential'],
        },
      ],
    },
  });
}

async function onboard(registry: ClockedRegistry, place: number): Promise<RotatingAgent> {
  const handle = `bot-${place}`;
  // Every fifth agent changes its algorithm too.
  const [former, next] = await Promise.all([
    makeHeldKey('ES256'),
    makeHeldKey(place % 5 === 0 ? 'Ed25519' : 'ES256'),
  ]);
  const { status } = await registry.call('POST', '/agents', {
    ...{ handle, kind: 'agent', name: handle, owners: ['owner@acme.com'] },
    jwk: former.publicJwk,
    ...(place % 4 === 0 ? { profiles: ['strict'] } : {}),
  });
  expect(status).toBe(201);
  return {
    ...{ handle, former, next, clientId: `${registry.url}/a/${handle}/client.json` },
    ...{ isEager: place % 2 === 0, beginsAt: 15 + (place % 25) },
    ...{ isNextInUse: false, isOver: false, looksAgainAt: 0 },
  };
}

interface Rotation {
  readonly nextStep: string;
  readonly safeToRetireAt: string;
  readonly steps: readonly { readonly at: string }[];
}

/** What the process of the agent does in a round: begin its rotation, and move to its new key in time. */
async function live(registry: ClockedRegistry, agent: RotatingAgent, round: number): Promise<void> {
  const path = `/agents/${agent.handle}/keys`;
  if (round === agent.beginsAt) {
    const body = { jwk: agent.next.publicJwk, overlap: 'PT5M' };
    expect(await registry.call('POST', path, body)).toMatchObject({ status: 201 });
  }
  const now = registry.clock.now().getTime();
  if (round <= agent.beginsAt || agent.isOver || now < agent.looksAgainAt) return;
  const { body } = await registry.call('GET', path);
  const rotation = body['rotation'] as Rotation | null;
  agent.isOver = rotation === null;
  if (rotation?.nextStep !== 'retired') return;
  const leftMs = Date.parse(rotation.safeToRetireAt) - now;
  if (!agent.isEager && leftMs > roundMs) return;
  agent.isNextInUse = true;
  // Nothing to do any more but to see, some time later, that it is over.
  agent.looksAgainAt = Date.parse(rotation.steps.at(-1)?.at ?? '');
}

describe('fifty agents that change their keys under load', () => {
  it('R7 are accepted and authenticate without a gap', { timeout: 600_000 }, async () => {
    await using registry = await startClockedRegistry();
    const { clock } = registry;
    const agents: RotatingAgent[] = [];
    for (let place = 0; place < rotations; place += 1) agents.push(await onboard(registry, place));
    const verifiers = Array.from({ length: 3 }, () => verifierOf(registry));
    const servers = [
      new AssertionServer(clock, { documentMs: 300 * second, keySetMs: 300 * second }),
      new AssertionServer(clock, { documentMs: 300 * second, keySetMs: 600 * second }),
    ];
    const failures: string[] = [];
    const counts = { verdicts: 0, authentications: 0 };

    /** One of the verifiers and one of the servers, so that their copies are of different age. */
    const ask = async (agent: RotatingAgent, place: number, round: number): Promise<void> => {
      const verifier = verifiers[(round + place) % verifiers.length];
      const verdict = await verifier?.verifyClient(agent.clientId);
      counts.verdicts += 1;
      if (verdict?.outcome !== 'accepted') {
        failures.push(`${round} ${agent.handle} ${verdict?.reason}`);
      }
      const key = agent.isNextInUse ? agent.next : agent.former;
      const assertion = await signAssertion(key, agent.clientId, clock.now());
      const server = servers[(round + place) % servers.length];
      const answer = await server?.authenticate(agent.clientId, assertion);
      counts.authentications += 1;
      if (answer !== 'accepted') failures.push(`${round} ${agent.handle} ${answer}`);
    };

    let round = 0;
    for (; round < 300 && agents.some(({ isOver }) => !isOver); round += 1) {
      await Promise.all(agents.map((agent) => live(registry, agent, round)));
      clock.moveBy(roundMs);
      // The questions come while the round publishes.
      const [kept] = await Promise.all([
        registry.keep(),
        ...agents.map((agent, place) => ask(agent, place, round)),
      ]);
      expect(kept.failures).toEqual([]);
    }
    console.info(
      `${rotations} rotations in ${round} rounds: ${counts.verdicts} verdicts and ` +
        `${counts.authentications} client authentications, ${failures.length} failed`,
    );
    expect(failures).toEqual([]);
    expect(agents.filter(({ isOver }) => !isOver)).toEqual([]);
    expect(agents.filter(({ isNextInUse }) => !isNextInUse)).toEqual([]);
    for (const { clientId, next } of agents) {
      const { keys } = await (await fetch(clientId.replace('client.json', 'jwks.json'))).json();
      expect(keys).toMatchObject([{ kid: next.kid }]);
    }
  });
});

describe('a key that is given up as compromised', () => {
  async function begin(registry: ClockedRegistry) {
    const agent = await onboard(registry, 1);
    const document = await (await fetch(agent.clientId)).json();
    const passport: string = document['vc+jwt'];
    const verifier = verifierOf(registry);
    const judge = async () => (await verifier.verifyCredential(passport)).reason ?? 'accepted';
    expect(await judge()).toBe('accepted');
    expect((await verifier.verifyClient(agent.clientId)).outcome).toBe('accepted');
    const path = `/agents/${agent.handle}/keys/${agent.former.kid}/compromise`;
    const body = { reason: 'INC-204', jwk: agent.next.publicJwk };
    const giveUp = () => registry.call('POST', path, body);
    return { agent, verifier, judge, giveUp };
  }

  it('is refused within 60 s by a verifier that nobody told', async () => {
    await using registry = await startClockedRegistry();
    const { judge, giveUp } = await begin(registry);
    // The list that the verifier holds is as young as it can be.
    expect(await giveUp()).toMatchObject({ status: 200 });
    let seconds = 0;
    for (; seconds < 120 && (await judge()) === 'accepted'; seconds += 1) {
      registry.clock.moveBy(second);
    }
    console.info(`a compromised key is felt untold after ${seconds} s`);
    expect(await judge()).toBe('status-revoked');
    expect(seconds).toBeLessThanOrEqual(60);
  });

  it('is refused at once by a verifier that was told, and its successor accepted', async () => {
    await using registry = await startClockedRegistry();
    const { agent, verifier, judge, giveUp } = await begin(registry);
    expect(await giveUp()).toMatchObject({
      status: 200,
      body: { keys: [{ kid: agent.next.kid, state: 'active' }], rotation: null },
    });
    const toldAt = Date.now();
    const told = ['/status/1r', '/status/1s'].map((list) => registry.url + list);
    for (const url of [...told, agent.clientId, `${registry.url}/a/bot-1/jwks.json`]) {
      verifier.invalidate(url);
    }
    expect(await judge()).toBe('status-revoked');
    expect(Date.now() - toldAt).toBeLessThan(1_000);
    expect((await verifier.verifyClient(agent.clientId)).outcome).toBe('accepted');
  });

  it('leaves the agent acceptable to a verifier that nobody told, under its new key', async () => {
    await using registry = await startClockedRegistry();
    const { agent, verifier, giveUp } = await begin(registry);
    await giveUp();
    const reasons = new Set<string>();
    for (let seconds = 0; seconds < 400; seconds += 5) {
      registry.clock.moveBy(5 * second);
      if (seconds % 15 === 0) await registry.keep();
      const { outcome, reason } = await verifier.verifyClient(agent.clientId);
      reasons.add(reason ?? outcome);
    }
    expect([...reasons]).toEqual(['accepted']);
  });
});
