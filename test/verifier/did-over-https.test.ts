import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createVerifier } from '../../src/verifier/index.ts';
import { guardedFetch } from '../../src/verifier/node/index.ts';
import { startLoopbackSite } from './support/loopback-site.ts';
import { createPaperWorld, type PaperWorld } from './support/paper-world.ts';

/** A world on loopback whose DID document is served in some way, and everything else as published. */
async function start(serveDid: (world: PaperWorld) => RequestListener) {
  const asked: string[] = [];
  let world: PaperWorld | undefined;
  const site = await startLoopbackSite((request, response) => {
    asked.push(request.url ?? '');
    const answer = world?.fetch.answers.get(`${site.origin}${request.url}`);
    if (world !== undefined && request.url === '/.well-known/did.json') {
      serveDid(world)(request, response);
    } else if (typeof answer === 'object') {
      response.writeHead(answer.status ?? 200, answer.headers).end(answer.body);
    } else {
      response.writeHead(404).end();
    }
  });
  world = await createPaperWorld(site.origin);
  const fetch = guardedFetch({ allowLoopback: true, ca: site.ca, environment: {} });
  const verifier = createVerifier({ ...world.options(), fetch });
  return { site, asked, verdict: await verifier.verifyCredential(await world.issue()) };
}

function bodyOf(world: PaperWorld): string {
  const answer = world.fetch.answers.get(world.didUrl);
  return typeof answer === 'object' ? String(answer.body) : '';
}

const json = { 'content-type': 'application/json' };

describe('a DID document is read through the guard', () => {
  it('E-10 as it is when nothing is wrong with it', async () => {
    const { site, verdict, asked } = await start((world) => (_request, response) => {
      response.writeHead(200, json).end(bodyOf(world));
    });
    await using _site = site;
    expect(verdict.outcome).toBe('accepted');
    expect(asked).toHaveLength(3);
  });

  it.each([301, 302, 303, 307, 308])('E-10, credentials:SV-07: not past a %i', async (status) => {
    const { site, verdict, asked } = await start((world) => (_request, response) => {
      const location = `${world.origin}/elsewhere/did.json`;
      response.writeHead(status, { ...json, location }).end(bodyOf(world));
    });
    await using _site = site;
    expect(verdict).toMatchObject({ outcome: 'rejected', reason: 'issuer-unresolvable' });
    expect(asked).toEqual(['/.well-known/did.json']);
  });

  it('E-10, E-11: not past 64 kB, however slowly it admits to them', async () => {
    let written = 0;
    const { site, verdict } = await start((world) => (_request, response) => {
      response.writeHead(200, json);
      response.write(bodyOf(world).slice(0, -1));
      const fill = () => {
        while (!response.destroyed && response.write(' '.repeat(16_384))) written += 16_384;
      };
      response.on('drain', fill);
      fill();
    });
    await using _site = site;
    expect(verdict).toMatchObject({ outcome: 'rejected', reason: 'issuer-unresolvable' });
    expect(written).toBeLessThan(8_000_000);
  });

  it.each(['10.0.0.5', '127.0.0.1', '169.254.169.254', '::1'])(
    'E-10, credentials:DW-07, credentials:SV-07: not at %s, whatever its name',
    async (address) => {
      const world = await createPaperWorld();
      const fetch = guardedFetch({
        environment: {},
        resolveHost: async () => [{ address, family: address.includes(':') ? 6 : 4 }],
      });
      const verifier = createVerifier({ ...world.options(), fetch });
      expect(await verifier.verifyCredential(await world.issue())).toMatchObject({
        outcome: 'rejected',
        reason: 'issuer-unresolvable',
      });
    },
  );
});
