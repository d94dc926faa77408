import { createHash } from 'node:crypto';
import type { DocumentDraft, PublicDocument } from './public-document.ts';
import type { PublicDocumentStore, PublishOrder } from './public-document-store.ts';

/**
 * Replaces the octets at each path. It runs inside the transaction of the change that the
 * documents reflect; the public plane sees them once that transaction is durable.
 */
export async function publishDocuments(
  stores: { readonly documents: PublicDocumentStore },
  order: { readonly drafts: readonly DocumentDraft[]; readonly at: Date },
): Promise<readonly PublicDocument[]> {
  return stores.documents.publishAll(order.drafts.map((draft) => live(draft, order.at)));
}

/** Puts a tombstone at each path that has a document: it answers 410 from then on. */
export async function withdrawDocuments(
  stores: { readonly documents: PublicDocumentStore },
  order: { readonly paths: readonly string[]; readonly at: Date },
): Promise<readonly PublicDocument[]> {
  return stores.documents.publishAll(order.paths.map((path) => tombstone(path, order.at)));
}

function live(draft: DocumentDraft, at: Date): PublishOrder {
  const sha256 = createHash('sha256').update(draft.body).digest('base64url');
  return { ...draft, state: 'live', sha256, publishedAt: at };
}

function tombstone(path: string, at: Date): PublishOrder {
  const body = new Uint8Array(0);
  return {
    path,
    mediaType: 'application/json',
    body,
    cacheControl: 'no-store',
    expiresAt: null,
    link: null,
    keepsVersions: true,
    state: 'gone',
    sha256: createHash('sha256').update(body).digest('base64url'),
    publishedAt: at,
  };
}
