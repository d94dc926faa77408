import type { CredentialPayload } from '@veramo/core-types';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { KeySeal } from '../keys/key-seal.ts';
import type { Signer } from '../keys/signer.ts';
import type { KeyPurpose, SigningKey } from '../keys/signing-key.ts';
import { IssuerAgents } from './issuer-agents.ts';
import { signCompact } from './sign-compact.ts';
import { type VcJwtArgs, vcJwtFormat } from './vc-jwt-provider.ts';

const agentLimit = 256;

/**
 * Signs through Veramo. Every method throws `key-not-usable` for a key that is there for another
 * purpose, that is not active or held elsewhere, or whose sealed half does not open; those that sign
 * for an issuer also for a payload that names another one than the DID of the key. `openKeys`: how
 * many private keys are kept open at most, 256 by default.
 */
export function createVeramoSigner(deps: {
  readonly seal: KeySeal;
  readonly openKeys?: number;
}): Signer {
  const agents = new IssuerAgents(deps.seal, deps.openKeys ?? agentLimit);
  return {
    async signCredential({ key, payload }) {
      // Veramo rewrites the credential it is given: this copy is thrown away, `payload` is signed.
      const credential = JSON.parse(payload) as CredentialPayload;
      refuseUnfit(key, 'credential');
      refuseForeign(key, credential.issuer);
      const agent = await agents.find(key);
      const order: VcJwtArgs = {
        credential,
        proofFormat: vcJwtFormat,
        keyRef: key.thumbprint,
        payload,
      };
      const { jwt } = (await agent.createVerifiableCredential(order)).proof;
      return jwt;
    },

    async signClientAssertion({ key, payload }) {
      refuseUnfit(key, 'client-authentication');
      const agent = await agents.find(key);
      // RFC 7523bis §4.1: typ is client-authentication+jwt.
      const header = { typ: 'client-authentication+jwt', kid: key.thumbprint };
      return signCompact(agent, { key, header, payload });
    },

    async signSecurityEvent({ key, payload }) {
      refuseUnfit(key, 'event');
      const agent = await agents.find(key);
      // RFC 8417 §2.3: typ is secevent+jwt.
      return signCompact(agent, {
        key,
        header: { typ: 'secevent+jwt', kid: key.thumbprint },
        payload,
      });
    },

    async signCheckpoint({ key, text }) {
      refuseUnfit(key, 'audit');
      const agent = await agents.find(key);
      const signature = await agent.keyManagerSign({
        keyRef: key.thumbprint,
        algorithm: key.algorithm,
        data: text,
        encoding: 'utf-8',
      });
      return Buffer.from(signature, 'base64url');
    },

    async signStatusToken({ key, payload }) {
      refuseUnfit(key, 'credential');
      refuseForeign(key, (JSON.parse(payload) as { readonly iss?: unknown }).iss);
      const agent = await agents.find(key);
      // TSL §5.1: typ is statuslist+jwt.
      return signCompact(agent, { key, header: { typ: 'statuslist+jwt' }, payload });
    },
  };
}

// A key never serves two purposes: what authenticates a client must not vouch for one.
function refuseUnfit(key: SigningKey, purpose: KeyPurpose): void {
  if (key.purpose !== purpose) throw unfit(`This key is not for the purpose ${purpose}.`);
  if (key.state !== 'active') throw unfit('This key is not active.');
}

function refuseForeign(key: SigningKey, issuer: unknown): void {
  if (issuer !== key.did) throw unfit('The payload names another issuer than the key belongs to.');
}

function unfit(detail: string): SealwrightError {
  return new SealwrightError('key-not-usable', detail);
}
