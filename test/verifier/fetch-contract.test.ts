import type { RequestListener } from 'node:http';
import { afterAll } from 'vitest';
import { guardedFetch } from '../../src/verifier/node/index.ts';
import {
  describeFetchContract,
  type FetchHarness,
  type ServedAnswer,
} from '../contracts/fetch.contract.ts';
import { type LoopbackSite, startLoopbackSite } from './support/loopback-site.ts';
import { createMemoryFetch } from './support/memory-fetch.ts';

const sites: LoopbackSite[] = [];

afterAll(async () => {
  await Promise.all(sites.map((site) => site[Symbol.asyncDispose]()));
});

async function startGuarded(): Promise<FetchHarness> {
  const answers = new Map<string, ServedAnswer>();
  const asked: string[] = [];
  const listener: RequestListener = (request, response) => {
    asked.push(request.url ?? '');
    const answer = answers.get(request.url ?? '') ?? { status: 404, body: '' };
    if (answer === 'hang-up') {
      request.socket.destroy();
    } else if (answer !== 'silence') {
      const held = request.headers['if-none-match'];
      const same = held !== undefined && held === answer.headers?.['etag'];
      response.writeHead(same ? 304 : (answer.status ?? 200), answer.headers);
      response.end(same ? undefined : answer.body);
    }
  };
  const site = await startLoopbackSite(listener);
  sites.push(site);
  return {
    fetch: guardedFetch({ allowLoopback: true, ca: site.ca, environment: {} }),
    serve: (path, answer) => {
      answers.set(path, answer);
      return `${site.origin}${path}`;
    },
    asked,
  };
}

async function startMemory(): Promise<FetchHarness> {
  const fetch = createMemoryFetch();
  return {
    fetch,
    serve: (path, answer) => {
      const url = `https://id.acme.com${path}`;
      fetch.answers.set(url, answer);
      return url;
    },
    asked: fetch.asked,
  };
}

describeFetchContract('guardedFetch', startGuarded);
describeFetchContract('the network in memory', startMemory);
