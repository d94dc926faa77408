import type { ClientMetadata } from '../../protocol/client-metadata.ts';
import type { CompactJws } from '../../protocol/compact-jws.ts';
import type { AgentCredential } from '../../protocol/credential-envelope.ts';
import type { Facet } from '../../protocol/facet.ts';
import type { Parsed } from '../../protocol/parsed.ts';
import type { PassportSubject } from '../../protocol/passport.ts';
import type { VerifiedClient } from '../verdict.ts';

/**
 * What a client puts on the table, taken apart and not yet believed: every part is the answer of a
 * parser, and a check decides what that answer means. Depends on the octets alone, so that it is
 * made once per copy of a document; frozen, because verdicts hand parts of it out.
 */
export interface Presentation {
  /** Absent when a credential was handed over on its own. */
  readonly document?: PresentedDocument;
  /** Absent when the document has no `vc+jwt`. */
  readonly credential?: PresentedCredential;
}

/** A client metadata document, taken apart. */
export interface PresentedDocument {
  readonly metadata: Parsed<ClientMetadata>;
  /** null when the document is not well formed. */
  readonly client: VerifiedClient | null;
  /** JCS digest of the document without its credential; empty when it is not well formed. */
  readonly digest: string;
}

/**
 * A compact credential, taken apart layer by layer; a layer that fails stands for those below it.
 */
export interface PresentedCredential {
  readonly jws: Parsed<CompactJws>;
  readonly credential: Parsed<AgentCredential>;
  readonly statement: Parsed<Statement>;
}

/** What a credential states, by its type. */
export type Statement =
  | { readonly kind: 'passport'; readonly passport: PassportSubject }
  | { readonly kind: 'facet'; readonly facet: Facet }
  | { readonly kind: 'foreign' };

/** Freezes a JSON-like value to its depths; binary content and dates are left as they are. */
export function freezeDeeply<Value>(value: Value): Value {
  const plain = typeof value === 'object' && value !== null && !Object.isFrozen(value);
  if (plain && !ArrayBuffer.isView(value) && !(value instanceof Date)) {
    Object.freeze(value);
    Object.values(value).forEach(freezeDeeply);
  }
  return value;
}
