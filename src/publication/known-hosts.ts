import { parseStrictJsonObject } from '../protocol/strict-json.ts';
import { cacheControls, type DocumentDraft, type PublicDocument } from './public-document.ts';
import type { HeldVersion } from './public-document-store.ts';

/**
 * Where the list of hosts is kept among the documents. No request asks for it: a document of another
 * host has that host behind the two slashes.
 */
export const hostsPath = '//';

/**
 * The hosts, with their ports, that are served beside the installation's own one. The list is a
 * document like any other, so that whoever serves documents knows it from where they come from.
 */
export class KnownHosts {
  #hosts: ReadonlySet<string> = new Set();
  #version = 0;

  /** How many there are. */
  get size(): number {
    return this.#hosts.size;
  }

  /** Whether a `Host` header, in lower case, is one of them. */
  has(host: string): boolean {
    return this.#hosts.has(host);
  }

  /** What is known, to be compared with the store. */
  get held(): HeldVersion {
    return { path: hostsPath, version: this.#version };
  }

  /** Takes in the list if the document is a newer one; any other document changes nothing. */
  take({ path, version, body }: PublicDocument): void {
    if (path !== hostsPath || version <= this.#version) return;
    const json = parseStrictJsonObject(body);
    const hosts = json.ok ? json.value['hosts'] : undefined;
    if (!Array.isArray(hosts)) return;
    this.#hosts = new Set(hosts.map(String));
    this.#version = version;
  }
}

/** The list as it is to be published. */
export function draftHosts(hosts: readonly string[]): DocumentDraft {
  return {
    path: hostsPath,
    mediaType: 'application/json',
    body: new TextEncoder().encode(JSON.stringify({ hosts: [...hosts].sort() })),
    cacheControl: cacheControls.identity,
    expiresAt: null,
    link: null,
    keepsVersions: false,
  };
}
