import { describe, expect, it } from 'vitest';
import { fetchByDeadline } from '../../../src/verifier/resolve/fetch-by-deadline.ts';

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
    expect(outcome).toMatchObject({ ok: false, failure: 'timeout' });
    expect(Date.now() - startedAt).toBeLessThan(1_000);
  });

  it('takes a rejection for a failure', async () => {
    const fetch = Object.assign(() => Promise.reject(new Error('broken')), {
      allowLoopback: false,
    });
    expect(await fetchByDeadline(fetch, request(), conditions)).toMatchObject({
      ok: false,
      failure: 'failed',
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
});
