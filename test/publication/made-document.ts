import type { DocumentDraft, PublicDocument } from '../../src/publication/public-document.ts';

/** A document of so many bytes, in that version. */
export function aDocument(path: string, version: number, bytes = 10): PublicDocument {
  return {
    ...aDraft(path, 'x'.repeat(bytes)),
    state: 'live',
    version,
    sha256: `sha-of-${path}-${version}`,
    publishedAt: new Date('2026-11-20T12:00:00Z'),
  };
}

export function aDraft(path: string, text: string): DocumentDraft {
  return {
    path,
    mediaType: 'application/json',
    body: new TextEncoder().encode(text),
    cacheControl: 'public, max-age=300',
    expiresAt: null,
    link: null,
    keepsVersions: true,
  };
}
