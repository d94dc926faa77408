import { describe, expect, it } from 'vitest';
import type { FetchLimits } from '../../../src/verifier/node/index.ts';
import { guardedFetch } from '../../../src/verifier/node/index.ts';
import type { Fetch, FetchOutcome } from '../../../src/verifier/ports.ts';
import { type PlainSite, startPlainSite } from '../support/loopback-site.ts';

const megabyte = 1_000_000;

/** A server that counts how many it serves at a time, in all and by host. */
async function startCounting(answerMs: number) {
  const serving = new Map<string, number>();
  const most = { total: 0, perHost: 0, asked: 0 };
  let total = 0;
  const site = await startPlainSite((request, response) => {
    const host = request.headers.host ?? '';
    const ofHost = (serving.get(host) ?? 0) + 1;
    serving.set(host, ofHost);
    total += 1;
    most.asked += 1;
    most.total = Math.max(most.total, total);
    most.perHost = Math.max(most.perHost, ofHost);
    setTimeout(() => {
      total -= 1;
      serving.set(host, (serving.get(host) ?? 1) - 1);
      response.setHeader('content-type', 'application/json');
      response.end(`{"client_id":"http://${host}${request.url}"}`);
    }, answerMs);
  });
  return { site, most };
}

/** Asks for this many documents at once, spread over 100 hosts or all of one. */
function ask(fetch: Fetch, site: PlainSite, { count = 10_000, hosts = 100 } = {}) {
  const asked = { accept: 'application/json', maxBytes: 5_120, deadline: Date.now() + 60_000 };
  const reads = Array.from({ length: count }, (_, at) =>
    fetch(`http://h${at % hosts}.localhost:${site.port}/a/bot-${at}/client.json`, asked),
  );
  return Promise.all(reads);
}

const readIn = (outcomes: readonly FetchOutcome[]) => outcomes.filter(({ ok }) => ok).length;

describe('10,000 client_ids at once', () => {
  it('B-22 are all read, never more than allowed at a time, in little memory', async () => {
    const { site, most } = await startCounting(1);
    await using _site = site;
    const limits = { waiting: 10_000 };
    const fetch = guardedFetch({ allowLoopback: true, environment: {}, limits });
    // What the process needs for any traffic at all, its server included, is not in question.
    await ask(fetch, site, { count: 2_000 });
    const before = process.memoryUsage().rss;
    const outcomes = await ask(fetch, site);
    const grown = process.memoryUsage().rss - before;
    expect(readIn(outcomes)).toBe(10_000);
    expect(most.asked).toBe(12_000);
    expect(most.total).toBeLessThanOrEqual(64);
    expect(most.perHost).toBeLessThanOrEqual(4);
    expect(grown).toBeLessThan(100 * megabyte);
    await expect.poll(site.open).toBeLessThanOrEqual(256);
  }, 60_000);

  it('B-22 are read as many as there is room for, and the rest is refused', async () => {
    const { site, most } = await startCounting(1);
    await using _site = site;
    const fetch = guardedFetch({ allowLoopback: true, environment: {} });
    const outcomes = await ask(fetch, site, { hosts: 1 });
    expect(readIn(outcomes)).toBe(1_004);
    expect(most).toEqual({ asked: 1_004, total: 4, perHost: 4 });
    const refusals = outcomes.filter(({ ok }) => !ok);
    expect(new Set(refusals.map((refusal) => JSON.stringify(refusal)))).toEqual(
      new Set([
        '{"ok":false,"failure":"timeout","detail":"there was no room for the request in time"}',
      ]),
    );
  });

  it.each<[FetchLimits, number, number]>([
    [{}, 64, 4],
    [{ total: 10 }, 10, 4],
    [{ perHost: 1 }, 50, 1],
  ])('B-22 are under way as %j allows', async (limits, total, perHost) => {
    const asked: string[] = [];
    await using site = await startPlainSite(({ headers }) => {
      asked.push(headers.host ?? '');
    });
    const fetch = guardedFetch({ allowLoopback: true, environment: {}, limits });
    const deadline = Date.now() + 1_000;
    const reads = Array.from({ length: 500 }, (_, at) =>
      fetch(`http://h${at % 50}.localhost:${site.port}/doc`, { accept: '', maxBytes: 1, deadline }),
    );
    await expect.poll(() => asked.length).toBe(total);
    const first = asked[0] ?? '';
    expect(asked.filter((host) => host === first).length).toBeLessThanOrEqual(perHost);
    expect(readIn(await Promise.all(reads))).toBe(0);
  });

  it('B-22 leave room for others when one host is slow', async () => {
    await using slow = await startPlainSite(() => undefined);
    await using swift = await startPlainSite((_, response) => response.end('{}'));
    const fetch = guardedFetch({ allowLoopback: true, environment: {} });
    const asked = { accept: 'application/json', maxBytes: 5_120, deadline: Date.now() + 1_500 };
    const held = Array.from({ length: 2_000 }, () => fetch(`${slow.origin}/doc`, asked));
    const others = Array.from({ length: 40 }, (_, at) =>
      fetch(`http://h${at}.localhost:${swift.port}/doc`, asked),
    );
    expect(readIn(await Promise.all(others))).toBe(40);
    expect(slow.connections()).toBeLessThanOrEqual(4);
    expect(readIn(await Promise.all(held))).toBe(0);
  });

  it('B-22 wait for their turn in the order of their questions', async () => {
    const order: string[] = [];
    await using site = await startPlainSite((request, response) => {
      order.push(request.url ?? '');
      response.end('{}');
    });
    const limits = { total: 1, perHost: 1, waiting: 9 };
    const fetch = guardedFetch({ allowLoopback: true, environment: {}, limits });
    const asked = { accept: 'application/json', maxBytes: 5_120, deadline: Date.now() + 5_000 };
    await Promise.all([1, 2, 3, 4, 5].map((at) => fetch(`${site.origin}/${at}`, asked)));
    expect(order).toEqual(['/1', '/2', '/3', '/4', '/5']);
  });
});
