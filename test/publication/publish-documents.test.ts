import { describe, expect, it } from 'vitest';
import type {
  PublicDocumentStore,
  PublishOrder,
} from '../../src/publication/public-document-store.ts';
import { publishDocuments, withdrawDocuments } from '../../src/publication/publish-documents.ts';
import { aDraft } from './made-document.ts';

const at = new Date('2026-11-20T12:00:00Z');

function arrange() {
  const orders: PublishOrder[] = [];
  const documents: PublicDocumentStore = {
    find: async () => null,
    listNewer: async () => [],
    listPublished: async () => ({ published: [], upTo: '' }),
    listPresent: async () => [],
    readSource: async () => 'test',
    listVersions: async () => [],
    publishAll: async (drafts) => {
      orders.push(...drafts);
      return drafts.map((draft) => ({ ...draft, version: 1 }));
    },
  };
  return { stores: { documents }, orders };
}

describe('publishing', () => {
  it('hands over the octets as they are, with their sha-256', async () => {
    const { stores, orders } = arrange();
    const draft = aDraft('/a/billing-bot/client.json', 'abc');
    const published = await publishDocuments(stores, { drafts: [draft], at });
    const sha256 = 'ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0';
    expect(orders).toStrictEqual([{ ...draft, state: 'live', sha256, publishedAt: at }]);
    expect(published).toStrictEqual([{ ...orders[0], version: 1 }]);
  });

  it('of several documents keeps their order', async () => {
    const { stores, orders } = arrange();
    await publishDocuments(stores, { drafts: [aDraft('/b', ''), aDraft('/a', '')], at });
    expect(orders.map(({ path }) => path)).toStrictEqual(['/b', '/a']);
  });
});

it('withdraws a document by an empty one that answers 410 and is not stored by caches', async () => {
  const { stores, orders } = arrange();
  await withdrawDocuments(stores, { paths: ['/a/billing-bot/client.json'], at });
  expect(orders).toStrictEqual([
    {
      path: '/a/billing-bot/client.json',
      mediaType: 'application/json',
      body: new Uint8Array(0),
      cacheControl: 'no-store',
      expiresAt: null,
      link: null,
      keepsVersions: true,
      state: 'gone',
      sha256: '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
      publishedAt: at,
    },
  ]);
});
