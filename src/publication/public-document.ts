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
  /**
   * Where it is served: an absolute path on the origin of the installation, such as
   * `/a/billing-bot/client.json`, or `//{host}{path}` on another host. What is kept is never
   * `//{host}…` for the installation's own: see `keptPath`.
   */
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

/** Where an absolute URL is served, with its host: `//{host}{path}` (RFC 3986 §4.2). */
export function pathOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `//${host}${pathname}`;
}

/** How the documents of one installation are told apart. */
export interface DocumentHome {
  /** The host, with its port, of the installation's own origin; absent: no other host is served. */
  readonly home?: string | undefined;
}

const networkPath = /^\/\/([^/]+)(\/.*)$/;

/**
 * The path that a document is kept and found by: what is served on the installation's own host goes
 * by its path alone, what is served on another one keeps that host in front of it. So organizations
 * with hosts of their own never meet in a path.
 */
export function keptPath(path: string, { home }: DocumentHome): string {
  const [, host, rest] = networkPath.exec(path) ?? [];
  if (rest === undefined) return path;
  return home === undefined || host === home ? rest : path;
}
