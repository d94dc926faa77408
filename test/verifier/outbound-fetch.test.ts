import { describe, expect, it } from 'vitest';
import { createVerifier } from '../../src/verifier/index.ts';
import { guardedFetch } from '../../src/verifier/node/index.ts';
import type { FetchOutcome } from '../../src/verifier/ports.ts';
import { createCertificate, startLoopbackSite, startPlainSite } from './support/loopback-site.ts';
import type { MemoryAnswer } from './support/memory-fetch.ts';
import { createPaperWorld } from './support/paper-world.ts';

async function start() {
  const world = await createPaperWorld();
  const verifier = createVerifier(world.options());
  const asked = () => world.fetch.asked.filter((url) => url === world.clientId).length;
  return { world, verifier, asked };
}

/** A verifier that believes to have asked the network, and got this. */
async function judgeOutcome(outcome: FetchOutcome) {
  const world = await createPaperWorld();
  const fetch = Object.assign(async () => outcome, { allowLoopback: false });
  return createVerifier({ ...world.options(), fetch }).verifyClient(world.clientId);
}

describe('a document with a status other than 200', () => {
  it.each([
    ['B-11 201', 201, 'rejected'],
    ['B-11 202', 202, 'rejected'],
    ['B-11 203', 203, 'rejected'],
    ['B-11 204', 204, 'rejected'],
    ['B-11 206', 206, 'rejected'],
    ['B-11 226', 226, 'rejected'],
    ['B-11 304 that nobody asked for', 304, 'rejected'],
    ['B-11 400', 400, 'rejected'],
    ['B-11 401', 401, 'rejected'],
    ['B-11 403', 403, 'rejected'],
    ['B-11 404', 404, 'rejected'],
    ['B-11 410', 410, 'rejected'],
    ['B-11 429', 429, 'undetermined'],
    ['B-11 500', 500, 'undetermined'],
    ['B-11 502', 502, 'undetermined'],
    ['B-11 503', 503, 'undetermined'],
  ])('%s is not read, and not remembered', async (_what, status, outcome) => {
    const { world, verifier, asked } = await start();
    const good = world.fetch.answers.get(world.clientId) as Exclude<MemoryAnswer, string>;
    world.serve(world.clientId, { ...good, status });
    for (const times of [1, 2]) {
      const verdict = await verifier.verifyClient(world.clientId);
      expect(verdict).toMatchObject({ outcome, reason: 'fetch-failed', client: null });
      expect(asked()).toBe(times);
    }
    world.serve(world.clientId, good);
    expect(await verifier.verifyClient(world.clientId)).toMatchObject({ outcome: 'accepted' });
  });
});

describe('a redirect', () => {
  it.each([
    ['B-10 301', 301],
    ['B-10 302', 302],
    ['B-10 303', 303],
    ['B-10 307', 307],
    ['B-10 308', 308],
    ['B-10 300', 300],
    ['B-10 305', 305],
  ])('%s is followed nowhere', async (_what, status) => {
    let reached = 0;
    const certificate = await createCertificate();
    const locations: string[] = [];
    await using site = await startLoopbackSite(({ url }, response) => {
      if (url === '/a/bot/client.json') {
        const location = locations.shift() ?? '';
        response.writeHead(status, { location, refresh: `0; url=${location}` }).end('{}');
      } else {
        reached += 1;
        response.end('{}');
      }
    }, certificate);
    await using elsewhere = await startPlainSite((_, response) => response.end('{}'));
    const fetch = guardedFetch({ allowLoopback: true, ca: site.ca, environment: {} });
    const world = await createPaperWorld(site.origin);
    const verifier = createVerifier({ ...world.options(), fetch });
    const client = `${site.origin}/a/bot/client.json`;
    locations.push(
      '/a/bot/other.json',
      `${site.origin}/a/bot/other.json`,
      `${elsewhere.origin}/client.json`,
      `http://127.0.0.1:${elsewhere.port}/client.json`,
      'http://169.254.169.254/latest/meta-data',
      'file:///etc/passwd',
    );
    while (locations.length > 0) {
      const verdict = await verifier.verifyClient(client);
      expect(verdict).toMatchObject({ outcome: 'rejected', reason: 'fetch-failed' });
    }
    expect([reached, elsewhere.connections()]).toEqual([0, 0]);
  });
});

describe('what a verdict says of a read that failed', () => {
  it.each([
    ['B-21 blocked', 'blocked', 'rejected', 'fetch-blocked'],
    ['B-21 too-large', 'too-large', 'rejected', 'document-too-large'],
    ['B-21 redirect', 'redirect', 'rejected', 'fetch-failed'],
    ['B-21 timeout', 'timeout', 'undetermined', 'fetch-failed'],
    ['B-21 failed', 'failed', 'undetermined', 'fetch-failed'],
  ] as const)('%s is its class, and no detail', async (_what, failure, outcome, reason) => {
    const detail = 'connect ECONNREFUSED 10.0.0.5:8443';
    const verdict = await judgeOutcome({ ok: false, failure, detail });
    expect(verdict).toMatchObject({ outcome, reason, client: null, claims: null });
    const failed = verdict.report.checks.find((check) => check.outcome !== 'pass');
    expect(failed).toMatchObject({ id: 'document.fetch' });
    expect(failed?.evidence).toEqual({
      url: 'https://id.acme.com/a/billing-bot/client.json',
      cause: failure,
      status: null,
    });
    expect(JSON.stringify(verdict)).not.toMatch(/ECONNREFUSED|10\.0\.0\.5|8443/);
  });

  it.each([200, 404, 500])('B-21 repeats no word of an answer with status %i', async (status) => {
    const verdict = await judgeOutcome({
      ok: true,
      response: {
        status,
        headers: new Map([
          ['content-type', 'application/json'],
          ['x-internal', 'secret-header'],
        ]),
        body: new TextEncoder().encode('{"secret-member": "secret-value", "client_id": 7}'),
      },
    });
    expect(verdict.outcome).not.toBe('accepted');
    expect(JSON.stringify(verdict)).not.toContain('secret-');
  });
});
