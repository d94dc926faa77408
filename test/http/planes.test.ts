import type { RequestListener } from 'node:http';
import { describe, expect, test } from 'vitest';
import type { Role } from '../../src/config/env.ts';
import { startListeners } from '../../src/http/listeners.ts';
import { arrangePlanes } from '../../src/http/planes.ts';
import { Metrics } from '../../src/metrics/metrics.ts';
import type { PublicDocument } from '../../src/publication/public-document.ts';
import { rawRequest } from '../support/raw-request.ts';

const anyPort = { host: '127.0.0.1', port: 0 };
const app: RequestListener = (_request, response) => response.writeHead(299).end();
const document: PublicDocument = {
  path: '/a/bot/client.json',
  mediaType: 'application/json',
  body: new TextEncoder().encode('{}'),
  cacheControl: 'public, max-age=300',
  expiresAt: null,
  link: null,
  keepsVersions: true,
  state: 'live',
  version: 1,
  sha256: 'x',
  publishedAt: new Date(0),
};

describe('what the listeners serve, as status of a document and of the API', () => {
  test.each([
    ['all', 'one listener', [200, 299], null],
    ['all', 'two', [200, 404], [299, 299]],
    ['public', 'one listener', [200, 299], null],
    ['public', 'two', [200, 404], [299, 299]],
    ['admin', 'one listener', [404, 299], null],
    ['admin', 'two', [404, 404], [299, 299]],
  ] as const)('role %s with %s', async (role, count, onPublic, onAdmin) => {
    const found = await statuses(role, count === 'two');
    expect(found).toEqual({ onPublic, onAdmin });
  });
});

async function statuses(role: Role, split: boolean) {
  const settings = { listen: anyPort, adminListen: split ? anyPort : undefined, tls: undefined };
  const documents = { peek: () => undefined, read: async () => document };
  const clock = { now: () => new Date() };
  const metrics = new Metrics();
  const deps = { documents, app, metrics, clock, origin: 'https://id.acme.com' };
  const listeners = await startListeners(settings, arrangePlanes({ ...settings, role }, deps));
  const both = async (url: string) =>
    Promise.all(
      ['/a/bot/client.json', '/api/v1/agents'].map(
        async (target) => (await rawRequest(url, target)).status,
      ),
    );
  try {
    const { publicUrl, adminUrl } = listeners;
    return {
      onPublic: await both(publicUrl),
      onAdmin: adminUrl === null ? null : await both(adminUrl),
    };
  } finally {
    await listeners.close();
  }
}
