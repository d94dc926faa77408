import { describe, expect, it } from 'vitest';
import { createVerifier } from '../../src/verifier/index.ts';
import { guardedFetch } from '../../src/verifier/node/index.ts';
import { startLoopbackSite } from './support/loopback-site.ts';
import { createPaperWorld, type PaperWorld } from './support/paper-world.ts';

async function start() {
  const asked: string[] = [];
  let world: PaperWorld | undefined;
  const site = await startLoopbackSite((request, response) => {
    asked.push(request.url ?? '');
    const answer = world?.fetch.answers.get(`${site.origin}${request.url}`);
    if (typeof answer === 'object') {
      response.writeHead(answer.status ?? 200, answer.headers).end(answer.body);
    } else {
      response.writeHead(404).end();
    }
  });
  world = await createPaperWorld(site.origin);
  return { site, world, asked };
}

describe('a verifier over https', () => {
  it('accepts a client, and asks nobody the second time', async () => {
    const { site, world, asked } = await start();
    await using _site = site;
    const fetch = guardedFetch({ allowLoopback: true, ca: site.ca, environment: {} });
    const verifier = createVerifier({ ...world.options(), fetch });
    const scope = 'write:tickets';
    expect(await verifier.verifyClient(world.clientId, { scope })).toMatchObject({
      outcome: 'accepted',
      granted: ['write:tickets'],
    });
    expect(asked).toHaveLength(5);
    expect(await verifier.verifyClient(world.clientId)).toMatchObject({ outcome: 'accepted' });
    expect(asked).toHaveLength(5);
  });

  it('B-23 asks once for everything, however many ask at a time', async () => {
    const { site, world, asked } = await start();
    await using _site = site;
    const fetch = guardedFetch({ allowLoopback: true, ca: site.ca, environment: {} });
    const verifier = createVerifier({ ...world.options(), fetch });
    const questions = Array.from({ length: 500 }, () => verifier.verifyClient(world.clientId));
    const outcomes = new Set((await Promise.all(questions)).map(({ outcome }) => outcome));
    expect(outcomes).toEqual(new Set(['accepted']));
    expect(asked.toSorted()).toEqual([
      '/.well-known/did.json',
      '/a/billing-bot/client.json',
      '/a/billing-bot/jwks.json',
      '/status/7r',
      '/status/7s',
    ]);
  });

  it('B-10 refuses a document that is an open redirect', async () => {
    const { site, world, asked } = await start();
    await using _site = site;
    world.serve(world.clientId, { status: 302, headers: { location: '/' }, body: '' });
    const fetch = guardedFetch({ allowLoopback: true, ca: site.ca, environment: {} });
    const verifier = createVerifier({ ...world.options(), fetch });
    expect(await verifier.verifyClient(world.clientId)).toMatchObject({
      outcome: 'rejected',
      reason: 'fetch-failed',
    });
    expect(asked).toHaveLength(1);
  });

  it('B-14 does not reach loopback unless development is allowed', async () => {
    const { site, world, asked } = await start();
    await using _site = site;
    const fetch = guardedFetch({ ca: site.ca, environment: {} });
    const verifier = createVerifier({ ...world.options(), fetch });
    expect(await verifier.verifyClient(world.clientId)).toMatchObject({
      outcome: 'rejected',
      reason: 'fetch-blocked',
    });
    expect(asked).toEqual([]);
  });

  it('B-05, B-07: does not reach a private address by the name of a trusted client', async () => {
    const world = await createPaperWorld();
    const fetch = guardedFetch({
      environment: {},
      resolveHost: async () => [{ address: '169.254.169.254', family: 4 }],
    });
    const verifier = createVerifier({ ...world.options(), fetch });
    expect(await verifier.verifyClient(world.clientId)).toMatchObject({
      outcome: 'rejected',
      reason: 'fetch-blocked',
    });
  });
});
