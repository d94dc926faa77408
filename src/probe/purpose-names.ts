import type { Purpose } from './named-documents.ts';

/** What a document is called in a sentence. */
export const purposeNames: Readonly<Record<Purpose, string>> = {
  client: 'client metadata',
  jwks: 'key set',
  did: 'DID document',
  'bitstring-list': 'status list',
  'token-list': 'token status list',
};
