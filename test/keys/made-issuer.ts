import type { Issuer } from '../../src/keys/issuer.ts';
import type { KeyId, SigningKey } from '../../src/keys/signing-key.ts';
import type { Organization, OrganizationId } from '../../src/organizations/organization.ts';
import { didWebOf } from '../../src/protocol/did-web.ts';

const organizationId = 'org_acme' as OrganizationId;

/** The organization of the contract's examples, or the same below another base URL. */
export function anOrganization(baseUrl = 'https://id.acme.com'): Organization {
  return {
    id: organizationId,
    baseUrl,
    did: didWebOf(baseUrl),
    name: 'Acme',
    contact: 'platform@acme.com',
    standing: 'first',
    createdAt: new Date('2026-11-20T12:00:00Z'),
  };
}

/** A key by its public half alone: the P-256 key of RFC 7517, appendix A.1. */
export function aKey(changes: Partial<SigningKey> = {}): SigningKey {
  return {
    id: 'key_1' as KeyId,
    organizationId,
    did: 'did:web:id.acme.com',
    purpose: 'credential',
    algorithm: 'ES256',
    thumbprint: 'cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s',
    publicJwk: {
      kty: 'EC',
      crv: 'P-256',
      x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
      y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
    },
    sealed: null,
    state: 'active',
    stateSince: new Date('2026-11-20T12:00:00Z'),
    listedUntil: null,
    activatesAt: null,
    revokedAt: null,
    createdAt: new Date('2026-11-20T12:00:00Z'),
    ...changes,
  };
}

/** The issuer at that base URL, with a key that cannot sign. */
export function anIssuer(baseUrl = 'https://id.acme.com'): Issuer {
  const organization = anOrganization(baseUrl);
  return { organization, key: aKey({ did: organization.did }) };
}
