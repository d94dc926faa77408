import type {
  ICreateVerifiableCredentialArgs,
  IKey,
  IssuerAgentContext,
  ProofType,
  VerifiableCredential,
} from '@veramo/core-types';
import type { ICredentialProvider } from '@veramo/credential-w3c';
import type { KeyRing } from './key-ring.ts';
import { sealedKmsName } from './managed-key.ts';
import { signCompact } from './sign-compact.ts';
import { unsupported } from './signing-kms.ts';

/** The proof format of VC-JOSE-COSE: a VCDM 2.0 credential enveloped in a compact JWS. */
export const vcJwtFormat = 'vc+jwt';

/** What is handed to `createVerifiableCredential`, besides Veramo's own arguments. */
export interface VcJwtArgs extends ICreateVerifiableCredentialArgs {
  readonly keyRef: string;
  /** The recorded JSON text of the credential: it is signed byte for byte. */
  readonly payload: string;
}

/**
 * Envelopes credentials of the Data Model 2.0, which Veramo itself does not. Veramo puts the context
 * and the `issuanceDate` of the Data Model 1.1 into `credential` on the way here; therefore only
 * `payload` is signed, and `credential` is ignored.
 */
export class VcJwtProvider implements ICredentialProvider {
  readonly #ring: KeyRing;

  constructor(ring: KeyRing) {
    this.#ring = ring;
  }

  getProofFormatsSupportedForKey(key: IKey): string[] {
    return key.kms === sealedKmsName ? [vcJwtFormat] : [];
  }

  canIssueProofFormat(query: { readonly proofFormat: string }): boolean {
    return query.proofFormat === vcJwtFormat;
  }

  /** The answer holds the compact form alone, as `proof.jwt`, where Veramo's own formats have it. */
  async createVerifiableCredential(
    args: VcJwtArgs,
    context: IssuerAgentContext,
  ): Promise<VerifiableCredential> {
    const key = this.#ring.get(args.keyRef);
    // VC-JOSE-COSE §3.1.1: typ is vc+jwt and cty is vc.
    const header = { typ: vcJwtFormat, cty: 'vc' };
    const jwt = await signCompact(context.agent, { key, header, payload: args.payload });
    const proof: ProofType = { type: vcJwtFormat, jwt };
    return { proof } as VerifiableCredential;
  }

  /** Nothing: the verifier alone decides whether a credential is good. */
  canVerifyDocumentType(): boolean {
    return false;
  }

  createVerifiablePresentation(): Promise<never> {
    return unsupported('createVerifiablePresentation');
  }

  verifyCredential(): Promise<never> {
    return unsupported('verifyCredential');
  }

  verifyPresentation(): Promise<never> {
    return unsupported('verifyPresentation');
  }
}
