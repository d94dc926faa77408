import { expect, it } from 'vitest';
import { DocumentMemory } from '../../src/publication/document-memory.ts';
import { draftHosts, KnownHosts } from '../../src/publication/known-hosts.ts';
import type { PublicDocument } from '../../src/publication/public-document.ts';

function listOf(hosts: readonly string[], version: number): PublicDocument {
  const publishedAt = new Date('2026-11-20T12:00:00Z');
  return { ...draftHosts(hosts), state: 'live', version, sha256: `${version}`, publishedAt };
}

it('knows the hosts of the newest list', () => {
  const hosts = new KnownHosts();
  expect([hosts.size, hosts.has('id.lab.com'), hosts.held]).toEqual([
    0,
    false,
    { path: '//', version: 0 },
  ]);
  hosts.take(listOf(['id.lab.com', 'id.pay.com:8443'], 2));
  hosts.take(listOf(['id.lab.com'], 1));
  expect([hosts.size, hosts.has('id.pay.com:8443'), hosts.has('id.pay.com')]).toEqual([
    2,
    true,
    false,
  ]);
  expect(hosts.held.version).toBe(2);
});

it('is not changed by another document, nor by a list that nobody can read', () => {
  const hosts = new KnownHosts();
  hosts.take(listOf(['id.lab.com'], 1));
  hosts.take({ ...listOf(['id.pay.com'], 5), path: '/a/bot/client.json' });
  hosts.take({ ...listOf([], 6), body: new TextEncoder().encode('{"hosts":7}') });
  hosts.take({ ...listOf([], 7), body: new TextEncoder().encode('no JSON') });
  expect([hosts.has('id.lab.com'), hosts.size, hosts.held.version]).toEqual([true, 1, 1]);
});

it('is read from the store, and follows what is published', async () => {
  const stored = listOf(['id.lab.com'], 1);
  const reader = {
    find: async (path: string) => (path === '//' ? stored : null),
    listNewer: async () => [],
    listVersions: async () => [],
  };
  const memory = new DocumentMemory(reader, { maxBytes: 1_000 });
  await memory.readHosts();
  expect(memory.hosts.has('id.lab.com')).toBe(true);
  memory.apply([listOf(['id.lab.com', 'id.pay.com'], 2)]);
  expect(memory.hosts.has('id.pay.com')).toBe(true);
  expect(memory.peek('//')).toBeUndefined();
});
