import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createEventReceiver,
  createVerifier,
  type FollowedStream,
  type FollowOrder,
  followTransmitter,
  type Receipt,
} from '../../../src/verifier/index.ts';
import { guardedFetch, guardedPost } from '../../../src/verifier/node/index.ts';
import { type AgentWorld, startAgentWorld, type WorldAgent } from '../../support/agent-world.ts';
import { type FakeTransmitter, startFakeTransmitter } from '../../support/fake-transmitter.ts';

let world: AgentWorld;
let agent: WorldAgent;
let transmitter: FakeTransmitter;
const followed: FollowedStream[] = [];

beforeEach(async () => {
  world = await startAgentWorld();
  agent = await world.publish({ handle: 'bot', authorizedScopes: ['read:logs'] });
  transmitter = await startFakeTransmitter(world);
});

afterEach(async () => {
  await Promise.all(followed.splice(0).map((stream) => stream.close()));
  await world[Symbol.asyncDispose]();
});

function follow(order: Partial<FollowOrder> = {}) {
  const fetch = guardedFetch({ allowLoopback: true });
  const verifier = createVerifier({ fetch, policy: { mode: 'enforce', trust: [world.trust] } });
  const { issuer, token } = transmitter;
  const receiver = createEventReceiver(verifier, { fetch, transmitters: [{ issuer }] });
  const receipts: Receipt[] = [];
  const phases: string[] = [];
  const stream = followTransmitter({
    ...{ receiver, issuer, fetch },
    call: guardedPost({ allowLoopback: true }),
    token: () => token,
    name: 'the tests',
    firstPauseMs: 20,
    onReceipt: (receipt) => receipts.push(receipt),
    onState: ({ phase, reason }) => phases.push(reason === null ? phase : `${phase} ${reason}`),
    ...order,
  });
  followed.push(stream);
  return { verifier, stream, receipts, phases };
}

async function up({ stream }: { stream: FollowedStream }): Promise<void> {
  await expect.poll(() => stream.state.phase, { timeout: 15_000 }).toBe('up');
}

describe('a transmitter that is followed', () => {
  it('gets a stream, proves it by a verification event, and has revocations seen at once', async () => {
    const following = follow();
    await up(following);
    expect(following.phases).toEqual(['unproved', 'up']);
    expect(transmitter.streams.map(({ description }) => description)).toEqual(['the tests']);
    expect(following.receipts[0]).toMatchObject({ effect: 'verification' });
    const { verifier } = following;
    expect((await verifier.verifyClient(agent.clientId)).outcome).toBe('accepted');
    await world.mark(agent, 'revocation', true);
    expect((await verifier.verifyClient(agent.clientId)).outcome).toBe('accepted');
    const sentAt = performance.now();
    await transmitter.send({ subject: agent.clientId, urls: world.lists });
    await expect
      .poll(async () => (await verifier.verifyClient(agent.clientId)).reason, { interval: 20 })
      .toBe('status-revoked');
    expect(performance.now() - sentAt).toBeLessThan(1_000);
  });

  it('is told what was taken in, and why the rest was not', async () => {
    const following = follow();
    await up(following);
    const [good = ''] = await transmitter.send({ subject: agent.clientId });
    const forged = await transmitter.send({
      subject: agent.clientId,
      claims: { aud: 'https://somebody.else' },
    });
    transmitter.sendText('evt_rubbish', 'a.b.c');
    await expect.poll(() => transmitter.acknowledged).toContain(good);
    await expect.poll(() => transmitter.errors.size).toBe(2);
    expect(transmitter.errors.get('evt_rubbish')).toEqual({
      err: 'invalid_request',
      description: 'not a security event token: jws-format',
    });
    expect(transmitter.errors.get(forged[0] ?? '')).toEqual({
      err: 'invalid_audience',
      description: 'the token is for another audience',
    });
  });

  it('is asked on while there is more, and all of it is taken in', async () => {
    const following = follow();
    await up(following);
    const sent: string[] = [];
    transmitter.state = 'down';
    await expect.poll(() => following.stream.state.phase).toBe('down');
    for (let count = 0; count < 250; count += 1) {
      sent.push(...(await transmitter.send({ subject: agent.clientId })));
    }
    transmitter.state = 'up';
    await expect
      .poll(() => sent.every((jti) => transmitter.acknowledged.includes(jti)), { timeout: 15_000 })
      .toBe(true);
  });

  it('that is down is tried again, and the stream that is there is taken up', async () => {
    transmitter.state = 'down';
    const following = follow();
    await expect.poll(() => following.phases).toContain('down ssf-status');
    transmitter.state = 'up';
    await up(following);
    transmitter.state = 'hang-up';
    await expect.poll(() => following.stream.state.phase, { timeout: 5_000 }).toBe('down');
    expect((await following.verifier.verifyClient(agent.clientId)).outcome).toBe('accepted');
    transmitter.state = 'up';
    await up(following);
    expect(transmitter.streams.length).toBe(1);
  });

  it('that forgot the stream gets a new one', async () => {
    const following = follow();
    await up(following);
    const [before] = transmitter.streams;
    transmitter.forget();
    await expect.poll(() => transmitter.streams.length).toBe(1);
    await up(following);
    expect(transmitter.streams[0]?.id).not.toBe(before?.id);
  });

  it('that does not let itself be asked for a verification proves itself by its events', async () => {
    transmitter.state = 'no-verification';
    const following = follow();
    await expect.poll(() => transmitter.polls.length).toBeGreaterThan(0);
    expect(following.stream.state.phase).toBe('unproved');
    await transmitter.send({ subject: agent.clientId });
    await up(following);
  });

  it('with the wrong token is down, and says why', async () => {
    const following = follow({ token: () => 'another-token' });
    await expect.poll(() => following.phases).toContain('down http-401');
    expect(transmitter.streams).toEqual([]);
  });

  it('whose keys cannot be had gets its events back later, and is not asked in a loop', async () => {
    const mend = world.breakBelow('/ssf/jwks.json');
    const following = follow();
    await expect.poll(() => following.receipts[0]).toMatchObject({ outcome: 'postponed' });
    const before = transmitter.polls.length;
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(transmitter.polls.length - before).toBeLessThanOrEqual(4);
    expect(following.stream.state.phase).toBe('unproved');
    mend();
    await up(following);
    await expect.poll(() => transmitter.acknowledged.length).toBe(1);
    expect(transmitter.errors.size).toBe(0);
  });

  it('that signs with a new key is heard without a loss, once the keys are read again', async () => {
    const following = follow();
    await up(following);
    await transmitter.rotate();
    const [jti = ''] = await transmitter.send({ subject: agent.clientId });
    // The copy at hand is younger than ten seconds: it is not doubted at once.
    await expect.poll(() => following.receipts.at(-1)).toMatchObject({ outcome: 'postponed' });
    await expect.poll(() => transmitter.acknowledged, { timeout: 15_000 }).toContain(jti);
    expect(transmitter.errors.size).toBe(0);
  }, 30_000);

  it('which answers at once is not asked without a pause', async () => {
    transmitter.holdMs = 0;
    const following = follow();
    await up(following);
    const before = transmitter.polls.length;
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(transmitter.polls.length - before).toBeLessThanOrEqual(4);
  });

  it('never gets the token sent to another host', async () => {
    world.mount('/.well-known/ssf-configuration', (_, response) => {
      const { issuer } = transmitter;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({
          issuer,
          jwks_uri: `${issuer}/ssf/jwks.json`,
          configuration_endpoint: 'https://evil.example/streams',
        }),
      );
    });
    const following = follow();
    await expect.poll(() => following.phases).toContain('down ssf-endpoint');
  });

  it('loses the stream when it is closed so, and keeps it otherwise', async () => {
    const first = follow();
    await up(first);
    const began = performance.now();
    transmitter.holdMs = 60_000;
    await first.stream.close();
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(transmitter.streams.length).toBe(1);
    transmitter.holdMs = 1_000;
    const second = follow();
    await up(second);
    await second.stream.close({ remove: true });
    expect(transmitter.streams).toEqual([]);
    expect(second.stream.state.phase).toBe('closed');
  });
});
