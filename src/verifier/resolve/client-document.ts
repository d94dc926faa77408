import { maxDocumentBytes } from '../../protocol/limits.ts';
import { presentDocument } from '../intake/from-client-id.ts';
import type { Presentation } from '../intake/presentation.ts';
import type { Fetch } from '../ports.ts';
import { acceptJson } from './json-document.ts';
import type { Octets } from './octets.ts';
import type { Source } from './source.ts';
import { createSource } from './source.ts';

/** A source of client metadata documents, each taken apart as it is presented (CIMD-02 §5). */
export function createClientDocuments(
  octets: Octets,
  { allowLoopback, sha256 }: Pick<Fetch, 'allowLoopback' | 'sha256'>,
): Source<Presentation> {
  return createSource<Presentation>(octets, {
    accept: acceptJson,
    maxBytes: maxDocumentBytes,
    derive: (response, url) => presentDocument(response, { url, allowLoopback }, sha256),
    isKept: ({ document, credential }) =>
      document?.metadata.ok === true && credential?.credential.ok !== false,
  });
}
