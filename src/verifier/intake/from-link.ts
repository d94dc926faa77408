import { isCredentialMediaType } from '../../protocol/link-header.ts';
import { refused } from '../../protocol/parsed.ts';
import { decodeUtf8 } from '../../protocol/utf8.ts';
import type { FetchedResponse } from '../ports.ts';
import { presentCredential } from './from-jwt.ts';
import type { PresentedCredential } from './presentation.ts';

/** Takes a passport apart that was read from where its document says it is. */
export function presentLinkedPassport(response: FetchedResponse): PresentedCredential {
  return isServedAsCredential(response)
    ? presentCredential(decodeUtf8(response.body))
    : notCredential;
}

/** Whether whoever serves it says that it is a credential. */
export function isServedAsCredential({ headers }: FetchedResponse): boolean {
  return isCredentialMediaType(headers.get('content-type') ?? '');
}

// VC-JOSE-COSE §6.1.1: whoever serves something else as a credential did not mean it to be one.
const wrongType = refused('', 'content-type', 'the passport is not served as application/vc+jwt');
const notCredential = { jws: wrongType, credential: wrongType, statement: wrongType } as const;
