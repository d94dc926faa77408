import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { guardedFetch } from '../../../src/verifier/node/index.ts';
import type { FetchOptions } from '../../../src/verifier/ports.ts';
import { startRawSite, startSocketSite } from '../support/loopback-site.ts';

const asking = (changes: Partial<FetchOptions> = {}): FetchOptions => ({
  accept: 'application/json',
  maxBytes: 5_120,
  deadline: Date.now() + 5_000,
  ...changes,
});

const fetchFrom = () => guardedFetch({ allowLoopback: true, environment: {} });
const answer = (head: readonly string[], body = '{}') =>
  `HTTP/1.1 200 OK\r\n${head.map((line) => `${line}\r\n`).join('')}\r\n${body}`;
const whole = 'Content-Length: 2';

describe('guardedFetch and answers that two readers would take differently', () => {
  it.each([
    ['C-14 has two lengths', answer([whole, 'Content-Length: 9'])],
    ['C-14 has one length twice', answer([whole, whole])],
    ['C-14 has a list of lengths', answer(['Content-Length: 2, 2'])],
    ['C-14 has a length with a sign', answer(['Content-Length: +2'])],
    ['C-14 has a length below nought', answer(['Content-Length: -2'])],
    ['C-14 has a length in hexadecimal', answer(['Content-Length: 0x2'])],
    [
      'C-14 has a length, and chunks',
      answer([whole, 'Transfer-Encoding: chunked'], '2\r\n{}\r\n0\r\n\r\n'),
    ],
    ['C-14 has more than its length', answer([whole], '{}garbage')],
    ['C-14 is a part', answer(['Content-Range: bytes 0-1/2', whole])],
    ['C-14 is a part of nothing', answer(['Content-Range: none', whole])],
    ['folds a field', answer(['X: a', ' b', whole])],
    ['has a space before a colon', answer(['Content-Length : 2'])],
    ['ends its lines in its own way', answer([whole]).replaceAll('\r\n', '\n')],
    ['hides a character', answer(['ETag: "a\u0000b"', whole])],
    ['has a chunk of no length', answer(['Transfer-Encoding: chunked'], 'x\r\n{}\r\n0\r\n\r\n')],
    [
      'has a chunk that explains itself at length',
      answer(['Transfer-Encoding: chunked'], `2;${'a'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`),
    ],
    ['has more headers than anybody reads', answer([`X: ${'y'.repeat(20_000)}`, whole])],
    ['has no head', '{}'],
    ['has a status of two digits', answer([whole]).replace('200', '20')],
    ['B-11 has the status 000', answer([whole]).replace('200', '000')],
    ['B-11 has the status 600', answer([whole]).replace('200', '600')],
    ['B-11 has the status 999', answer([whole]).replace('200', '999')],
    ['speaks another protocol', 'SSH-2.0-OpenSSH_9.9\r\n'],
    [
      'wants to go on in another protocol',
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
    ],
  ])('%s: refused', async (_what, octets) => {
    await using site = await startRawSite(octets);
    const startedAt = Date.now();
    const outcome = await fetchFrom()(`${site.origin}/doc`, asking());
    expect(outcome).toMatchObject({ ok: false, failure: 'failed' });
    expect(Date.now() - startedAt).toBeLessThan(2_000);
    await expect.poll(site.open).toBe(0);
  });

  it('C-14 does not take a second answer for that to the next question', async () => {
    await using site = await startRawSite(
      `${answer([whole], '{}')}${answer([whole], '[]')}`.replaceAll('200 OK', '404 No'),
    );
    const fetch = fetchFrom();
    for (const _ of [1, 2, 3]) {
      expect(await fetch(`${site.origin}/doc`, asking())).toMatchObject({
        ok: true,
        response: { status: 404 },
      });
    }
    expect(site.connections()).toBe(3);
  });

  it('C-14 does not take for an answer what came before the question', async () => {
    await using site = await startSocketSite((socket) => {
      let asked = 0;
      socket.on('data', () => {
        asked += 1;
        socket.write(answer([whole], asked === 1 ? '{}' : '[]'));
        setTimeout(() => socket.write(answer([whole], '{"poison":true}')), 20);
      });
    });
    const fetch = fetchFrom();
    const bodies: unknown[] = [];
    for (const _ of [1, 2]) {
      const outcome = await fetch(`${site.origin}/doc`, asking());
      bodies.push(outcome.ok && new TextDecoder().decode(outcome.response.body));
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    expect(bodies).toEqual(['{}', '[]']);
  });

  it('C-05 gives a field that comes twice as a list, so that nobody can pick', async () => {
    await using site = await startRawSite(
      answer(['Content-Type: application/json', 'Content-Type: text/html', 'Age: 1', whole]),
    );
    const outcome = await fetchFrom()(`${site.origin}/doc`, asking());
    const headers = outcome.ok ? outcome.response.headers : new Map();
    expect(headers.get('content-type')).toBe('application/json, text/html');
    expect(headers.get('age')).toBe('1');
  });

  it('takes any entity tag that a peer may send back to it', async () => {
    await using site = await startRawSite(answer(['ETag: "\u00e9\t\u00ff~"', whole]));
    const fetch = fetchFrom();
    const first = await fetch(`${site.origin}/doc`, asking());
    const etag = first.ok ? first.response.headers.get('etag') : undefined;
    expect(etag).toBeDefined();
    const again = await fetch(`${site.origin}/doc`, asking({ ifNoneMatch: etag ?? '' }));
    expect(again).toMatchObject({ ok: true, response: { status: 200 } });
  });
});

describe('guardedFetch and connections', () => {
  const length = (body: string | Uint8Array) => `Content-Length: ${Buffer.byteLength(body)}`;
  const bomb = gzipSync(Buffer.alloc(5_000_000));

  it.each([
    ['a redirect', answer(['Location: /', 'Content-Length: 0'], '').replace('200', '302')],
    ['another encoding', answer(['Content-Encoding: br', whole])],
    ['a part', answer(['Content-Range: bytes 0-1/9', whole])],
    ['too much', answer([length('x'.repeat(6_000))], 'x'.repeat(6_000))],
    ['no status', answer([whole]).replace('200', '000')],
  ])('keep none whose answer was refused unread: %s', async (_what, octets) => {
    await using site = await startRawSite(octets);
    const outcome = await fetchFrom()(`${site.origin}/doc`, asking());
    expect(outcome.ok).toBe(false);
    await expect.poll(site.open).toBe(0);
  });

  it.each<[string, (socket: Socket) => void]>([
    ['closed', (socket) => socket.end()],
    ['reset', (socket) => socket.resetAndDestroy()],
  ])('that lay idle and are %s as they are used again cost nothing', async (_how, close) => {
    await using site = await startSocketSite((socket) => {
      let asked = 0;
      socket.on('data', () => {
        asked += 1;
        if (asked === 1) socket.write(answer([whole]));
        else close(socket);
      });
    });
    const fetch = fetchFrom();
    const outcomes = [];
    for (const _ of [1, 2, 3]) outcomes.push((await fetch(`${site.origin}/doc`, asking())).ok);
    expect(outcomes).toEqual([true, true, true]);
    expect(site.connections()).toBe(3);
  });

  it('that were all closed as they lay idle are given up one after the other', async () => {
    let away = false;
    await using site = await startSocketSite((socket) => {
      socket.on('data', () => {
        if (away) socket.resetAndDestroy();
        else socket.write(answer([whole]));
      });
    });
    const fetch = fetchFrom();
    const ask = () => fetch(`${site.origin}/doc`, asking());
    const first = await Promise.all([ask(), ask(), ask(), ask()]);
    expect(first.map(({ ok }) => ok)).toEqual([true, true, true, true]);
    away = true;
    // The four that lay idle, and a new one, whose reset is an answer.
    expect(await ask()).toMatchObject({ ok: false, failure: 'failed' });
    expect(site.connections()).toBe(5);
    expect(await ask()).toMatchObject({ ok: false, failure: 'failed' });
    expect(site.connections()).toBe(6);
  });

  it('are closed or used again after a bomb', async () => {
    const head = answer(['Content-Encoding: gzip', length(bomb)], '');
    await using site = await startRawSite(Buffer.concat([Buffer.from(head), bomb]));
    const fetch = fetchFrom();
    for (const _ of [1, 2, 3]) {
      const outcome = await fetch(`${site.origin}/doc`, asking());
      expect(outcome).toMatchObject({ ok: false, failure: 'too-large' });
    }
    await expect.poll(site.open).toBeLessThanOrEqual(1);
  });
});
