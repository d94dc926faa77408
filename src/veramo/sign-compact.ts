import type { IKeyManager } from '@veramo/core-types';
import { type SigningKey, verificationMethodOf } from '../keys/signing-key.ts';

/** What is to be signed, by which key. */
export interface CompactOrder {
  readonly key: SigningKey;
  /** `kid`: the absolute DID URL of the key, unless it is given. */
  readonly header: { readonly typ: string; readonly cty?: string; readonly kid?: string };
  readonly payload: string;
}

/**
 * A compact JWS (RFC 7515 §7.1) over exactly this payload text. The header holds `alg`, the given
 * members and `kid`, and nothing else.
 */
export async function signCompact(
  agent: { keyManagerSign(args: Parameters<IKeyManager['keyManagerSign']>[0]): Promise<string> },
  order: CompactOrder,
): Promise<string> {
  const { key, payload } = order;
  const kid = order.header.kid ?? verificationMethodOf(key);
  const header = { alg: key.algorithm, ...order.header, kid };
  const signingInput = `${base64urlOf(JSON.stringify(header))}.${base64urlOf(payload)}`;
  const signature = await agent.keyManagerSign({
    keyRef: key.thumbprint,
    algorithm: key.algorithm,
    data: signingInput,
    encoding: 'utf-8',
  });
  return `${signingInput}.${signature}`;
}

function base64urlOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64url');
}
