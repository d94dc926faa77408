import diagnostics from 'node:diagnostics_channel';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { guardedFetch } from '../../../src/verifier/node/index.ts';
import type { FetchOptions } from '../../../src/verifier/ports.ts';
import { startPlainSite } from '../support/loopback-site.ts';

const maxBytes = 5_120;

const asking = (changes: Partial<FetchOptions> = {}): FetchOptions => ({
  accept: 'application/json',
  maxBytes,
  deadline: Date.now() + 5_000,
  ...changes,
});

async function start(listener: RequestListener) {
  const site = await startPlainSite(listener);
  return { site, fetch: guardedFetch({ allowLoopback: true, environment: {} }) };
}

/** Runs some work and gives the octets that came over the sockets of its requests meanwhile. */
async function octetsReadIn(work: () => Promise<unknown>): Promise<number> {
  const messages: IncomingMessage[] = [];
  const note = (published: unknown) => {
    messages.push((published as { readonly response: IncomingMessage }).response);
  };
  diagnostics.subscribe('http.client.response.finish', note);
  try {
    await work();
    expect(messages).not.toEqual([]);
    return messages.reduce((sum, { socket }) => sum + socket.bytesRead, 0);
  } finally {
    diagnostics.unsubscribe('http.client.response.finish', note);
  }
}

describe('guardedFetch and the body', () => {
  it('decompresses gzip', async () => {
    const { site, fetch } = await start((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"a":1}'));
    });
    await using _site = site;
    const outcome = await fetch(`${site.origin}/doc`, asking());
    expect(outcome.ok && new TextDecoder().decode(outcome.response.body)).toBe('{"a":1}');
  });

  it('C-03 cuts a decompression bomb at the cap', async () => {
    const bomb = gzipSync(Buffer.alloc(5_000_000));
    expect(bomb.byteLength).toBeLessThan(maxBytes);
    const { site, fetch } = await start((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    });
    await using _site = site;
    const outcome = await fetch(`${site.origin}/doc`, asking());
    expect(outcome).toMatchObject({ ok: false, failure: 'too-large' });
  });

  it('C-03 does not unpack 200 MB that travel in 200 kB', async () => {
    const bomb = Buffer.concat(Array.from({ length: 200 }, () => gzipSync(Buffer.alloc(1e6))));
    expect(bomb.byteLength).toBeLessThan(210_000);
    const { site, fetch } = await start((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    });
    await using _site = site;
    const cap = 1_048_576;
    const before = process.memoryUsage().rss;
    const outcome = await fetch(`${site.origin}/list`, asking({ maxBytes: cap }));
    expect(outcome).toMatchObject({ ok: false, failure: 'too-large' });
    expect(process.memoryUsage().rss - before).toBeLessThan(50_000_000);
  });

  it('C-02 cuts a body that never ends within 128 KiB of the cap', async () => {
    let written = 0;
    const { site, fetch } = await start((_, response) => {
      response.writeHead(200);
      const chunk = Buffer.alloc(16_384);
      const write = () => {
        while (!response.destroyed && written < 50_000_000 && response.write(chunk)) {
          written += chunk.byteLength;
        }
      };
      response.on('drain', write);
      write();
    });
    await using _site = site;
    const read = await octetsReadIn(async () => {
      const outcome = await fetch(`${site.origin}/doc`, asking());
      expect(outcome).toMatchObject({ ok: false, failure: 'too-large' });
    });
    expect(read).toBeLessThanOrEqual(maxBytes + 131_072);
    expect(written).toBeLessThan(50_000_000);
  });

  it('C-01 does not read what declares to be too large', async () => {
    const { site, fetch } = await start((_, response) => {
      response.writeHead(200, { 'content-length': '6000' }).flushHeaders();
    });
    await using _site = site;
    const read = await octetsReadIn(async () => {
      const outcome = await fetch(`${site.origin}/doc`, asking());
      expect(outcome).toMatchObject({ ok: false, failure: 'too-large' });
    });
    expect(read).toBeLessThan(1_000);
  });

  it('C-01 does not read what declares to be endless', async () => {
    const { site, fetch } = await start((_, response) => {
      response.writeHead(200, { 'content-length': '9007199254740991' }).write('{}');
    });
    await using _site = site;
    const outcome = await fetch(`${site.origin}/doc`, asking());
    expect(outcome).toMatchObject({ ok: false, failure: 'too-large' });
  });

  it.each([
    ['C-04 br', brotliCompressSync('{}')],
    ['C-04 deflate', deflateSync('{}')],
    ['C-04 zstd', Buffer.from('{}')],
    ['C-04 x-gzip', gzipSync('{}')],
    ['C-04 gzip, gzip', gzipSync(gzipSync('{}'))],
    ['C-04 identity, gzip', gzipSync('{}')],
    ['C-04 none', Buffer.from('{}')],
  ])('%s is an encoding that was not asked for', async (row, body) => {
    const encoding = row.slice('C-04 '.length);
    const { site, fetch } = await start((_, response) => {
      response.writeHead(200, { 'content-encoding': encoding }).end(body);
    });
    await using _site = site;
    const outcome = await fetch(`${site.origin}/doc`, asking());
    expect(outcome).toMatchObject({ ok: false, failure: 'failed' });
  });

  it.each([
    ['cut short', gzipSync('{"a":1}').subarray(0, 12)],
    ['that is none', Buffer.from('{"a":1}')],
  ])('refuses gzip %s', async (_name, body) => {
    const { site, fetch } = await start((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(body);
    });
    await using _site = site;
    const outcome = await fetch(`${site.origin}/doc`, asking());
    expect(outcome).toMatchObject({ ok: false, failure: 'failed' });
  });

  it('refuses a body that ends before its declared end', async () => {
    const { site, fetch } = await start((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"a":');
      setTimeout(() => response.destroy(), 20);
    });
    await using _site = site;
    const outcome = await fetch(`${site.origin}/doc`, asking());
    expect(outcome).toMatchObject({ ok: false, failure: 'failed' });
  });
});

/** Has the server write something every now and then for as long as somebody is there. */
function trickle(write: (response: ServerResponse) => void, begin = write): RequestListener {
  return (_, response) => {
    begin(response);
    const timer = setInterval(() => write(response), 20);
    response.on('close', () => clearInterval(timer));
  };
}

const raw = (text: string) => (response: ServerResponse) => {
  response.socket?.write(text);
};
const statusLine = 'HTTP/1.1 200 OK\r\n';
const slowGzip: RequestListener = (request, response) => {
  const octets = gzipSync(Buffer.from(Array.from({ length: 999 }, (_, at) => at % 251)));
  let at = 0;
  trickle(
    () => response.write(octets.subarray(at, ++at)),
    () => response.writeHead(200, { 'content-encoding': 'gzip' }),
  )(request, response);
};

describe('guardedFetch and the deadline', () => {
  const graceMs = 200;

  it.each<[string, RequestListener]>([
    ['B-18 nobody answers', () => undefined],
    ['B-18 a header goes on and on', trickle(raw('y'), raw(`${statusLine}X: y`))],
    ['B-18 headers follow on headers', trickle(raw('X: y\r\n'), raw(statusLine))],
    ['B-18 a better answer is announced', trickle(raw('HTTP/1.1 103 Hint\r\n\r\n'))],
    ['B-19 a byte comes now and then', trickle((response) => response.write(' '))],
    ['B-19 a compressed byte comes now and then', slowGzip],
  ])('%s, and it is over in time', { retry: 2 }, async (_what, listener) => {
    const { site, fetch } = await start(listener);
    await using _site = site;
    const deadline = Date.now() + 400;
    const outcome = await fetch(`${site.origin}/doc`, asking({ deadline }));
    expect(outcome).toMatchObject({ ok: false, failure: 'timeout' });
    expect(Date.now()).toBeGreaterThanOrEqual(deadline - 1);
    expect(Date.now()).toBeLessThan(deadline + graceMs);
    await expect.poll(site.open).toBe(0);
  });
});
