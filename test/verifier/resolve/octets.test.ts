import { describe, expect, it } from 'vitest';
import type { Fetch } from '../../../src/verifier/ports.ts';
import { createOctets } from '../../../src/verifier/resolve/octets.ts';
import { RefreshAhead } from '../../../src/verifier/resolve/refresh-ahead.ts';
import { createSharedCopies } from '../../../src/verifier/resolve/shared-copies.ts';
import { createMemoryFetch } from '../support/memory-fetch.ts';

const url = 'https://id.acme.com/doc';

function start() {
  const fetch: Fetch & ReturnType<typeof createMemoryFetch> = createMemoryFetch();
  const clock = () => 1_000_000;
  const shared = createSharedCopies({ cache: undefined, clock });
  const octets = createOctets({ fetch, clock, shared, refreshAhead: new RefreshAhead() });
  const read = async (isKept: () => boolean = () => true) => {
    const bounds = { accept: '*/*', maxBytes: 100, deadline: Date.now() + 5_000 };
    const outcome = await octets.read({ url, ...bounds, isKept });
    if (!outcome.ok) throw new Error(outcome.cause);
    return outcome.held;
  };
  const serve = (body: string) =>
    fetch.answers.set(url, { headers: { 'cache-control': 'max-age=60' }, body });
  return { octets, read, serve, fetch };
}

describe('octets', () => {
  it('are one and the same object for as long as they do not change', async () => {
    const { octets, read, serve, fetch } = start();
    serve('a');
    const first = await read();
    expect(await read()).toBe(first);
    octets.suspect(url, 0);
    serve('a');
    expect((await read()).response).toBe(first.response);
    octets.suspect(url, 0);
    serve('b');
    expect((await read()).response).not.toBe(first.response);
    expect(fetch.asked).toHaveLength(3);
  });

  it('that turn out to be worth nothing are forgotten, and no others', async () => {
    const { octets, read, serve, fetch } = start();
    serve('a');
    const old = await read();
    octets.suspect(url, 0);
    serve('b');
    const held = await read();
    octets.discard(url, old);
    expect(await read()).toBe(held);
    expect(octets.has(url)).toBe(true);
    octets.discard(url, held);
    expect(octets.has(url)).toBe(false);
    expect(await read()).not.toBe(held);
    expect(fetch.asked).toHaveLength(3);
  });

  it('that nobody wants to keep are given, and not held', async () => {
    const { octets, read, serve, fetch } = start();
    serve('a');
    expect(new TextDecoder().decode((await read(() => false)).response.body)).toBe('a');
    expect(octets.has(url)).toBe(false);
    await read();
    expect(fetch.asked).toHaveLength(2);
  });
});
