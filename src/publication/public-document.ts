/** How a document answers: with its octets, or with 410 while it is withdrawn. */
export type DocumentState = 'live' | 'gone';

/** The media types that the public plane serves. */
export type DocumentMediaType =
  | 'application/json'
  | 'application/vc+jwt'
  | 'application/statuslist+jwt'
  | 'application/schema+json'
  | 'application/ld+json'
  | 'text/html; charset=utf-8'
  | 'text/plain; charset=utf-8';

/** What a room hands over for publication. The octets are served verbatim. */
export interface DocumentDraft {
  /** Absolute path on the origin, such as `/a/billing-bot/client.json`. */
  readonly path: string;
  readonly mediaType: DocumentMediaType;
  readonly body: Uint8Array;
  readonly cacheControl: string;
  /** After this moment the document answers 503 rather than 200; null for most. */
  readonly expiresAt: Date | null;
  /** Extra header, for documents that point elsewhere (RFC 8288). */
  readonly link: string | null;
  /** false for documents that are signed anew every few minutes: only the newest octets are kept. */
  readonly keepsVersions: boolean;
}

/** A document as it is served. A higher version always replaces a lower one, never the reverse. */
export interface PublicDocument extends DocumentDraft {
  readonly state: DocumentState;
  readonly version: number;
  /** sha-256 of the octets, base64url: also the strong ETag. */
  readonly sha256: string;
  readonly publishedAt: Date;
}

/** How long readers may hold a document of an identity. */
export const identityMaxAgeS = 300;

/** Freshness by kind of document, in the words of RFC 9111. */
export const cacheControls = {
  identity: `public, max-age=${identityMaxAgeS}`,
  statusList: 'public, max-age=15, must-revalidate, no-transform',
  immutable: 'public, max-age=31536000, immutable',
  page: 'public, max-age=60',
  checkpoint: 'public, max-age=5, must-revalidate',
} as const;

/** A JSON document of an identity: every version is kept, and readers may hold it for 5 minutes. */
export function draftIdentityDocument(url: string, body: Uint8Array): DocumentDraft {
  return {
    path: pathOf(url),
    mediaType: 'application/json',
    body,
    cacheControl: cacheControls.identity,
    expiresAt: null,
    link: null,
    keepsVersions: true,
  };
}

/** A page for people: only its newest octets are kept, and readers may hold it for a minute. */
export function draftPage(url: string, html: string): DocumentDraft {
  return {
    path: pathOf(url),
    mediaType: 'text/html; charset=utf-8',
    body: new TextEncoder().encode(html),
    cacheControl: cacheControls.page,
    expiresAt: null,
    link: null,
    keepsVersions: false,
  };
}

/** A note of the audit trail: the newest octets alone, which readers are to ask for again soon. */
export function draftNote(path: string, text: string): DocumentDraft {
  return {
    path,
    mediaType: 'text/plain; charset=utf-8',
    body: new TextEncoder().encode(text),
    cacheControl: cacheControls.checkpoint,
    expiresAt: null,
    link: null,
    keepsVersions: false,
  };
}

/** The path of an absolute URL that we serve. */
export function pathOf(url: string): string {
  return new URL(url).pathname;
}
