import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { IdentityOrder } from '../../src/dids/identity-provider.ts';
import { KeySeal } from '../../src/keys/key-seal.ts';
import type { KeyId, SigningKey } from '../../src/keys/signing-key.ts';
import type { OrganizationId } from '../../src/organizations/organization.ts';
import { jwkThumbprint, type PublicJwk, parsePublicJwk } from '../../src/protocol/jwk.ts';
import { createVeramoIdentityProvider } from '../../src/veramo/veramo-identity-provider.ts';
import { MemoryIdentity } from './memory-identity.ts';

export const organizationId = 'org_acme' as OrganizationId;
export const createdAt = new Date('2026-11-20T12:00:00Z');

export function newSeal(): KeySeal {
  return new KeySeal(randomBytes(32));
}

/** A sealed P-256 key made by the provider under test, in stores of its own. */
export async function makeKey(
  seal: KeySeal,
  order: Partial<IdentityOrder> = {},
): Promise<SigningKey> {
  const provider = createVeramoIdentityProvider({ seal });
  const { key } = await new MemoryIdentity().run((stores) =>
    provider.createIdentity(stores, {
      organizationId,
      alias: 'id.acme.com',
      purpose: 'credential',
      at: createdAt,
      ...order,
    }),
  );
  return key;
}

/** A sealed Ed25519 key, as an organization could have brought it. */
export async function makeEd25519Key(seal: KeySeal): Promise<SigningKey> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const publicJwk = publicJwkFrom(publicKey.export({ format: 'jwk' }));
  const id = 'key_ed25519' as KeyId;
  const purpose = 'credential';
  const secret = privateKey.export({ type: 'pkcs8', format: 'der' });
  return {
    id,
    organizationId,
    did: 'did:web:id.acme.com',
    purpose,
    algorithm: 'Ed25519',
    thumbprint: await jwkThumbprint(publicJwk),
    publicJwk,
    sealed: seal.seal(secret, { organizationId, keyId: id, purpose }),
    state: 'active',
    stateSince: createdAt,
    listedUntil: null,
    activatesAt: null,
    revokedAt: null,
    createdAt,
  };
}

export function publicJwkFrom(json: unknown): PublicJwk {
  const parsed = parsePublicJwk(json);
  if (!parsed.ok) throw new TypeError('not a public JWK');
  return parsed.value;
}

/** A credential as it is recorded: spacing, member order and characters are part of it. */
export const recordedCredential = `{"@context": ["https://www.w3.org/ns/credentials/v2","https://id.acme.com/contexts/agent-v1.jsonld"],
 "type":["VerifiableCredential","AgentAuthorizationCredential"], "issuer":"did:web:id.acme.com",
 "validFrom":"2026-11-20T12:00:00Z","validUntil":"2026-11-27T12:00:00Z",
 "credentialSubject":{"name":"Bücher \\u00e9 🦭","id":"https://id.acme.com/a/billing-bot/client.json"},
 "iss":"did:web:id.acme.com","iat":1795176000 }`;

export const recordedStatusToken =
  '{"iss":"did:web:id.acme.com", "sub":"https://id.acme.com/token-status/7","iat":1795176000,"exp":1795176900,"ttl":30,"status_list":{"bits":2,"lst":"eNpjAAAAAQAB"}}';
