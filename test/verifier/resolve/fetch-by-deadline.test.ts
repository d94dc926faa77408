import { describe, expect, it } from 'vitest';
import type { Fetch } from '../../../src/verifier/ports.ts';
import {
  type Conditions,
  fetchByDeadline,
} from '../../../src/verifier/resolve/fetch-by-deadline.ts';

const request = () => ({
  url: 'https://id.acme.com/doc',
  accept: 'application/json',
  maxBytes: 10,
  deadline: Date.now() + 50,
});
const conditions = { etag: undefined, revalidate: false };

describe('fetchByDeadline', () => {
  it('stops waiting for a port that does not stop itself', async () => {
    const fetch = Object.assign(() => new Promise<never>(() => {}), { allowLoopback: false });
    const startedAt = Date.now();
    const outcome = await fetchByDeadline(fetch, request(), conditions);
    expect(outcome).toEqual({ ok: false, failure: 'timeout', detail: 'the deadline passed' });
    expect(Date.now() - startedAt).toBeLessThan(1_000);
  });

  it('takes a rejection for a failure', async () => {
    const fetch = Object.assign(() => Promise.reject(new Error('broken')), {
      allowLoopback: false,
    });
    expect(await fetchByDeadline(fetch, request(), conditions)).toEqual({
      ok: false,
      failure: 'failed',
      detail: 'the fetch port broke its promise',
    });
  });

  it('leaves no rejection behind that comes after the deadline', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    const late = () =>
      new Promise<never>((_, reject) => setTimeout(() => reject(new Error('late')), 80));
    const fetch = Object.assign(late, { allowLoopback: false });
    await fetchByDeadline(fetch, request(), conditions);
    await new Promise((resolve) => setTimeout(resolve, 80));
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });

  it.each<[string, Conditions, object]>([
    ['nothing else', { etag: undefined, revalidate: false }, {}],
    ['the entity tag', { etag: '"1"', revalidate: false }, { ifNoneMatch: '"1"' }],
    ['the doubt', { etag: undefined, revalidate: true }, { revalidate: true }],
  ])('tells the port what is wanted and %s', async (_what, given, more) => {
    const told: unknown[] = [];
    const fetch = Object.assign(
      async (...asked: Parameters<Fetch>) => {
        told.push(...asked);
        return { ok: false, failure: 'failed', detail: 'x' } as const;
      },
      { allowLoopback: false },
    );
    const { url, ...bounds } = request();
    await fetchByDeadline(fetch, { url, ...bounds }, given);
    expect(told).toStrictEqual([url, { ...bounds, ...more }]);
  });
});
