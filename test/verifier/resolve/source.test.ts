import { describe, expect, it } from 'vitest';
import { decodeUtf8 } from '../../../src/protocol/utf8.ts';
import type { Fetch, FetchFailure } from '../../../src/verifier/ports.ts';
import { createOctets } from '../../../src/verifier/resolve/octets.ts';
import { RefreshAhead } from '../../../src/verifier/resolve/refresh-ahead.ts';
import { createSharedCopies } from '../../../src/verifier/resolve/shared-copies.ts';
import { createSource, type SourceKind } from '../../../src/verifier/resolve/source.ts';
import { createMemoryFetch } from '../support/memory-fetch.ts';

const url = 'https://id.acme.com/doc';

function start(fetch: Fetch) {
  const clock = () => 1_000_000;
  const shared = createSharedCopies({ cache: undefined, clock });
  const octets = createOctets({ fetch, clock, shared, refreshAhead: new RefreshAhead() });
  const derived: string[] = [];
  const reading = (kind: Partial<SourceKind<string | undefined>> = {}) => {
    const source = createSource<string | undefined>(octets, {
      accept: '*/*',
      maxBytes: 10,
      async derive({ body }) {
        const text = decodeUtf8(body);
        derived.push(text ?? '');
        return text;
      },
      isKept: () => true,
      ...kind,
    });
    return () => source.read({ url, deadline: Date.now() + 5_000 });
  };
  return { octets, derived, reading };
}

function serving(body: string) {
  const fetch = createMemoryFetch();
  fetch.answers.set(url, { headers: { 'cache-control': 'max-age=60' }, body });
  return { fetch, ...start(fetch) };
}

const tooLarge = { ok: false, trouble: { cause: 'too-large', status: null, definite: true } };

describe('a source', () => {
  it('derives once what is read often', async () => {
    const { reading, derived, fetch } = serving('0123456789');
    const read = reading();
    expect([await read(), await read()]).toMatchObject([
      { ok: true, value: '0123456789' },
      { ok: true, value: '0123456789' },
    ]);
    expect(derived).toEqual(['0123456789']);
    expect(fetch.asked).toEqual([url]);
  });

  it('takes no octets beyond its own cap, though somebody else may have them held', async () => {
    const { reading, derived, fetch } = serving('0123456789+');
    expect(await reading({ maxBytes: 11 })()).toMatchObject({ ok: true });
    expect(await reading()()).toEqual(tooLarge);
    expect(derived).toEqual(['0123456789+']);
    expect(fetch.asked).toEqual([url]);
  });

  it('takes none from a port that does not stop at the cap, nor has them held', async () => {
    const body = new TextEncoder().encode('0123456789+');
    const response = { status: 200, headers: new Map(), body };
    const fetch = Object.assign(async () => ({ ok: true, response }) as const, {
      allowLoopback: false,
    });
    const { reading, derived, octets } = start(fetch);
    expect(await reading()()).toEqual(tooLarge);
    expect(derived).toEqual([]);
    expect(octets.has(url)).toBe(false);
  });

  it('has forgotten what is no use to it, though it was held for somebody else', async () => {
    const { reading, octets, fetch } = serving('x');
    await reading()();
    expect(octets.has(url)).toBe(true);
    const choosy = reading({ isKept: (value) => value === 'y' });
    expect(await choosy()).toMatchObject({ ok: true, value: 'x' });
    expect(octets.has(url)).toBe(false);
    await choosy();
    expect(fetch.asked).toEqual([url, url]);
  });
});

describe('trouble', () => {
  it.each([
    [400, true],
    [404, true],
    [407, true],
    [408, false],
    [409, true],
    [410, true],
    [424, true],
    [425, false],
    [426, true],
    [428, true],
    [429, false],
    [430, true],
    [499, true],
    [500, false],
    [503, false],
    [204, true],
  ])('with status %i is definite: %s', async (status, definite) => {
    const fetch = createMemoryFetch();
    fetch.answers.set(url, { status, body: '' });
    const trouble = { cause: 'status', status, definite };
    expect(await start(fetch).reading()()).toEqual({ ok: false, trouble });
  });

  it.each<[FetchFailure, boolean]>([
    ['blocked', true],
    ['too-large', true],
    ['redirect', true],
    ['timeout', false],
    ['failed', false],
  ])('that is %s is definite: %s', async (failure, definite) => {
    const fetch = Object.assign(async () => ({ ok: false, failure, detail: 'x' }) as const, {
      allowLoopback: false,
    });
    const trouble = { cause: failure, status: null, definite };
    expect(await start(fetch).reading()()).toEqual({ ok: false, trouble });
  });
});
