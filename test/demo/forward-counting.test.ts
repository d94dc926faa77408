import { afterEach, beforeEach, expect, it } from 'vitest';
import { forwardCounting } from '../../src/demo/forward-counting.ts';
import { listenHttps } from '../../src/demo/listen-https.ts';
import { testCertificates } from '../support/agent-world.ts';

let target: Awaited<ReturnType<typeof listenHttps>>;

beforeEach(async () => {
  target = await listenHttps(testCertificates());
  target.handle((request, response) => request.pipe(response));
});

afterEach(async () => {
  await target[Symbol.asyncDispose]();
});

it('passes both directions on, counts connections, and ends them when disposed', async () => {
  const forwarder = await forwardCounting(Number(new URL(target.url).port));
  expect(forwarder.connections()).toBe(0);
  const url = `https://localhost:${forwarder.port}/`;
  const sent = 'x'.repeat(200_000);
  const response = await fetch(url, { method: 'POST', body: sent });
  expect(await response.text()).toBe(sent);
  expect(forwarder.connections()).toBe(1);
  await forwarder[Symbol.asyncDispose]();
  await expect(fetch(url)).rejects.toThrow('fetch failed');
});

it('ends a connection whose target is gone', async () => {
  const forwarder = await forwardCounting(Number(new URL(target.url).port));
  await target[Symbol.asyncDispose]();
  target = await listenHttps(testCertificates());
  await expect(fetch(`https://localhost:${forwarder.port}/`)).rejects.toThrow('fetch failed');
  expect(forwarder.connections()).toBe(1);
  await forwarder[Symbol.asyncDispose]();
});
