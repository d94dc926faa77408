import { describe, expect, it } from 'vitest';
import type { Fetch, FetchOptions } from '../../src/verifier/ports.ts';

/** What a place of the network under test answers. */
export type ServedAnswer =
  | {
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body: string;
    }
  /** Accepts the question and never answers it. */
  | 'silence'
  /** Ends the connection without an answer. */
  | 'hang-up';

/** A Fetch and the network it sees. */
export interface FetchHarness {
  readonly fetch: Fetch;
  /** Has a path answer like this from now on; gives its URL. */
  serve(path: string, answer: ServedAnswer): string;
  /** URLs or paths that were asked for, in order. */
  readonly asked: readonly string[];
}

function asking(changes: Partial<FetchOptions> = {}): FetchOptions {
  const deadline = Date.now() + 5_000;
  return { accept: 'application/json', maxBytes: 1_000, deadline, ...changes };
}

/** What every implementation of the Fetch port does, whatever its network is. */
export function describeFetchContract(name: string, start: () => Promise<FetchHarness>): void {
  describe(`${name} keeps the contract of Fetch`, () => {
    it('gives status, headers by lower-case name, and the body', async () => {
      const { fetch, serve } = await start();
      const url = serve('/doc', { headers: { 'X-Thing': 'yes', ETag: '"1"' }, body: '{"a":1}' });
      const outcome = await fetch(url, asking());
      expect(outcome.ok).toBe(true);
      if (outcome.ok) {
        expect(outcome.response.status).toBe(200);
        expect(outcome.response.headers.get('x-thing')).toBe('yes');
        expect(outcome.response.headers.get('etag')).toBe('"1"');
        expect(new TextDecoder().decode(outcome.response.body)).toBe('{"a":1}');
      }
    });

    it.each([201, 206, 404, 410, 500, 503])('gives status %i as a response', async (status) => {
      const { fetch, serve } = await start();
      const outcome = await fetch(serve('/doc', { status, body: 'page' }), asking());
      expect(outcome).toMatchObject({ ok: true, response: { status } });
    });

    it.each([301, 302, 303, 307, 308])('B-10 does not follow status %i', async (status) => {
      const { fetch, serve, asked } = await start();
      const location = serve('/target', { body: '{}' });
      const url = serve('/doc', { status, headers: { location }, body: '' });
      expect(await fetch(url, asking())).toMatchObject({ ok: false, failure: 'redirect' });
      expect(asked).toHaveLength(1);
    });

    it('reads a body of exactly the cap', async () => {
      const { fetch, serve } = await start();
      const outcome = await fetch(serve('/doc', { body: 'x'.repeat(1_000) }), asking());
      expect(outcome).toMatchObject({ ok: true, response: { status: 200 } });
    });

    it('C-01, C-02: refuses a body of one byte more', async () => {
      const { fetch, serve } = await start();
      const outcome = await fetch(serve('/doc', { body: 'x'.repeat(1_001) }), asking());
      expect(outcome).toMatchObject({ ok: false, failure: 'too-large' });
    });

    it('answers 304 for the entity tag that is held, and 200 for another', async () => {
      const { fetch, serve } = await start();
      const url = serve('/doc', { headers: { etag: '"7"' }, body: '{}' });
      const same = await fetch(url, asking({ ifNoneMatch: '"7"' }));
      const other = await fetch(url, asking({ ifNoneMatch: '"6"' }));
      expect(same).toMatchObject({ ok: true, response: { status: 304 } });
      expect(other).toMatchObject({ ok: true, response: { status: 200 } });
    });

    it('B-18 gives up at the deadline when nobody answers', async () => {
      const { fetch, serve } = await start();
      const url = serve('/doc', 'silence');
      const startedAt = Date.now();
      const outcome = await fetch(url, asking({ deadline: startedAt + 150 }));
      expect(outcome).toMatchObject({ ok: false, failure: 'timeout' });
      expect(Date.now() - startedAt).toBeGreaterThanOrEqual(140);
      expect(Date.now() - startedAt).toBeLessThan(1_000);
    });

    it('fails when the connection is closed without an answer', async () => {
      const { fetch, serve } = await start();
      const outcome = await fetch(serve('/doc', 'hang-up'), asking());
      expect(outcome).toMatchObject({ ok: false, failure: 'failed' });
    });

    it.each([
      'no URL',
      '',
      'https://127.0.0.1/doc',
      'https://[::1]/doc',
      'https://2130706433/doc',
      'http://id.acme.com/doc',
      'https://ID.acme.com/doc',
      'https://id.acme.com/a/../doc',
      'ftp://id.acme.com/doc',
      'file:///etc/passwd',
    ])('B-01, B-02, B-03: refuses %j without asking anybody', async (url) => {
      const { fetch, asked } = await start();
      expect(await fetch(url, asking())).toMatchObject({ ok: false, failure: 'blocked' });
      expect(asked).toHaveLength(0);
    });
  });
}
