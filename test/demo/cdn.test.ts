import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Cdn, startCdn } from '../../src/demo/cdn.ts';
import { type HttpsListener, listenHttps } from '../../src/demo/listen-https.ts';
import { testCertificates } from '../support/agent-world.ts';

let origin: HttpsListener;
let cdn: Cdn;

beforeEach(async () => {
  origin = await listenHttps(testCertificates());
  cdn = await startCdn(testCertificates(), Number(new URL(origin.url).port));
});

afterEach(async () => {
  await cdn[Symbol.asyncDispose]();
  await origin[Symbol.asyncDispose]();
});

it('passes requests and answers on as they are, and counts them', async () => {
  origin.handle((request, response) => {
    response.writeHead(203, { etag: '"1"', 'x-seen': `${request.method} ${request.url}` });
    request.pipe(response);
  });
  const sent = 'x'.repeat(200_000);
  const response = await fetch(`${cdn.url}/a?b=c`, { method: 'POST', body: sent });
  expect([response.status, response.headers.get('x-seen')]).toEqual([203, 'POST /a?b=c']);
  expect(response.headers.get('etag')).toBe('"1"');
  expect(await response.text()).toBe(sent);
  expect(cdn.requests()).toBe(1);
});

it('alters one document until it is told to stop', async () => {
  origin.handle((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', etag: '"1"' }).end('{"a":1}');
  });
  const mend = cdn.alter('/client.json', (document) => ({ ...document, b: 2 }));
  const read = async (path: string) => (await fetch(cdn.url + path)).json();
  expect(await read('/client.json')).toEqual({ a: 1, b: 2 });
  expect(await read('/did.json')).toEqual({ a: 1 });
  mend();
  expect(await read('/client.json')).toEqual({ a: 1 });
});

it('breaks off when the origin does', async () => {
  origin.handle((request) => request.destroy());
  await expect(fetch(`${cdn.url}/`)).rejects.toThrow('fetch failed');
});
