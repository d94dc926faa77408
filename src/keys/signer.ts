import type { SigningKey } from './signing-key.ts';

/** A compact JWS (RFC 7515 §7.1). */
export type CompactToken = string;

/**
 * The one way to a signature. Implementations refuse a key whose purpose does not allow what is
 * asked, and sign exactly the octets they are given.
 */
export interface Signer {
  /**
   * Envelopes a credential as `vc+jwt` (VC-JOSE-COSE §3.1.1). `payload` is the recorded JSON text;
   * it becomes the JWS payload byte for byte.
   */
  signCredential(order: {
    readonly key: SigningKey;
    readonly payload: string;
  }): Promise<CompactToken>;
  /**
   * Signs an assertion by which an agent authenticates as a client (RFC 7523), from its recorded JSON
   * text, with the agent's own key: `typ` is `client-authentication+jwt`, `kid` the key's thumbprint.
   */
  signClientAssertion(order: {
    readonly key: SigningKey;
    readonly payload: string;
  }): Promise<CompactToken>;
  /**
   * Signs a Security Event Token (RFC 8417) from its recorded JSON text: `typ` is `secevent+jwt`, `kid`
   * the key's thumbprint.
   */
  signSecurityEvent(order: {
    readonly key: SigningKey;
    readonly payload: string;
  }): Promise<CompactToken>;
  /**
   * Signs the text of a checkpoint (C2SP signed-note) with the audit key of the installation, which
   * signs nothing else. The signature: 64 octets of Ed25519 (RFC 8032).
   */
  signCheckpoint(order: { readonly key: SigningKey; readonly text: string }): Promise<Uint8Array>;
  /** Signs a Token Status List (`typ: statuslist+jwt`) from its recorded JSON text. */
  signStatusToken(order: {
    readonly key: SigningKey;
    readonly payload: string;
  }): Promise<CompactToken>;
}
