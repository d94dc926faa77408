import { once } from 'node:events';
import type { IncomingMessage, RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { GuardedFetchOptions, PostOptions } from '../../../src/verifier/node/index.ts';
import { guardedPost } from '../../../src/verifier/node/index.ts';
import { startLoopbackSite } from '../support/loopback-site.ts';

const message = (changes: Partial<PostOptions> = {}): PostOptions => ({
  headers: { 'content-type': 'application/json' },
  body: '{"a":1}',
  maxBytes: 1_000,
  deadline: Date.now() + 5_000,
  ...changes,
});

async function start(listener: RequestListener, options: GuardedFetchOptions = {}) {
  const site = await startLoopbackSite(listener);
  const post = guardedPost({ allowLoopback: true, ca: site.ca, environment: {}, ...options });
  return { site, post };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(request, 'end');
  return Buffer.concat(chunks).toString();
}

describe('guardedPost', () => {
  it('sends the body with its length and type, and hands over what is answered', async () => {
    const { site, post } = await start(async (request, response) => {
      const { 'content-type': type, 'content-length': length } = request.headers;
      const seen = [request.method, type, length, await textOf(request)];
      response.writeHead(400).end(JSON.stringify(seen));
    });
    await using _site = site;
    const outcome = await post(`${site.origin}/hook`, message());
    expect(outcome).toMatchObject({ ok: true, status: 400 });
    expect(outcome.ok && JSON.parse(new TextDecoder().decode(outcome.body ?? undefined))).toEqual([
      'POST',
      'application/json',
      '7',
      '{"a":1}',
    ]);
  });

  it('knows the status of an answer whose body is too long, and reads no more of it', async () => {
    const { site, post } = await start((_, response) => {
      response.writeHead(200);
      const more = () => response.write(Buffer.alloc(65_536)) && setImmediate(more);
      response.on('drain', more);
      more();
    });
    await using _site = site;
    expect(await post(`${site.origin}/`, message())).toEqual({ ok: true, status: 200, body: null });
  });

  it('follows no redirect and gives a slow answer up at the deadline', async () => {
    const { site, post } = await start((request, response) => {
      if (request.url === '/away') response.writeHead(307, { location: '/hook' }).end();
    });
    await using _site = site;
    const away = await post(`${site.origin}/away`, message());
    expect(away).toMatchObject({ ok: false, failure: 'redirect' });
    const slow = await post(`${site.origin}/slow`, message({ deadline: Date.now() + 200 }));
    expect(slow).toMatchObject({ ok: false, failure: 'timeout' });
  });

  it('judges the text when asked, and the address also when it sends', async () => {
    const answers = [['203.0.113.9'], ['8.8.8.8'], ['10.0.0.1']];
    const resolveHost = async () =>
      (answers.shift() ?? []).map((address) => ({ address, family: 4 }));
    const post = guardedPost({ resolveHost, environment: {} });
    expect(await post.judge('http://hooks.acme.com/')).toBe('only https is read');
    expect(await post.judge('https://127.0.0.1/')).toBe('an address literal is never dialled');
    expect(await post.judge('https://localhost/')).toBe(
      'loopback hosts are read in development only',
    );
    expect(await post.judge('https://hooks.acme.com/')).toBe(
      'the name leads to an address that is not public',
    );
    expect(await post.judge('https://hooks.acme.com/')).toBeNull();
    expect(await post('https://hooks.acme.com/', message())).toEqual({
      ok: false,
      failure: 'blocked',
      detail: 'the name leads to an address that is not public',
    });
  });

  it('sends again what is repeatable when an idle connection was closed under it', async () => {
    let calls = 0;
    const { site, post } = await start((request, response) => {
      calls += 1;
      if (calls === 2) request.socket.destroy();
      else response.writeHead(202).end();
    });
    await using _site = site;
    expect(await post(`${site.origin}/`, message())).toMatchObject({ status: 202 });
    const again = await post(`${site.origin}/`, message({ repeatable: true }));
    expect(again).toMatchObject({ ok: true, status: 202 });
    expect(calls).toBe(3);
  });
});
