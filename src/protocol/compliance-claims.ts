import { dateTime, digest, listOf, objectOf, type Shape, text, uri } from './claim-shape.ts';

/** A document outside the credential, held to its octets by a digest. */
export interface PinnedDocument {
  readonly url: string;
  /** `sha256:` and hexadecimal digits, or SHA-384 or SHA-512 likewise. */
  readonly digest: string;
}

/** What one assessor found against one framework. */
export interface Attestation {
  /** URI of the framework, such as that of a standard or a regulation. */
  readonly framework: string;
  /** The edition assessed against, such as `ISO/IEC 27001:2022`. */
  readonly edition: string;
  /** `conformant` is what a passport summarises; any other outcome stays in this credential. */
  readonly outcome: string;
  /** DID, URI or name of who assessed. */
  readonly assessor: string;
  readonly certificateId?: string;
  /** What the assessment covered, in words. */
  readonly scope?: string;
  readonly validFrom?: string;
  readonly validUntil?: string;
  readonly evidence?: PinnedDocument;
}

/** The claims of an AgentComplianceCredential. */
export interface ComplianceClaims {
  readonly attestations: readonly Attestation[];
}

/** A document with the digest of its octets. */
export const pinnedDocument: Shape<PinnedDocument> = objectOf<PinnedDocument>(
  { url: uri, digest },
  {},
);

const attestation = objectOf<Attestation>(
  { framework: uri, edition: text(100), outcome: text(50), assessor: text(200) },
  {
    certificateId: text(100),
    scope: text(500),
    validFrom: dateTime,
    validUntil: dateTime,
    evidence: pinnedDocument,
  },
);

/** The shape of `ComplianceClaims`. */
export const complianceClaims: Shape<ComplianceClaims> = objectOf<ComplianceClaims>(
  { attestations: listOf(attestation, { min: 1, max: 16 }) },
  {},
);
