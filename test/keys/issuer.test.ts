import { describe, expect, it } from 'vitest';
import { IssuerDirectory } from '../../src/keys/issuer.ts';
import type { KeyId, SigningKey } from '../../src/keys/signing-key.ts';
import type { OrganizationId } from '../../src/organizations/organization.ts';
import { refusalLater } from '../kernel/refusal.ts';
import { aKey, anOrganization } from './made-issuer.ts';

const organization = anOrganization();

function arrange(keys: readonly SigningKey[]) {
  const asked: string[] = [];
  const directory = new IssuerDirectory({
    organizations: {
      find: async (id) => {
        asked.push(id);
        return id === organization.id ? organization : null;
      },
    },
    keys: {
      listEventKeys: async () => [],
      listByDids: async (dids) => keys.filter((key) => dids.includes(key.did)),
    },
  });
  return { directory, asked };
}

describe('the issuer of an organization', () => {
  it('has its newest active key for credentials', async () => {
    const { directory } = arrange([
      aKey({ id: 'key_old' as KeyId }),
      aKey({ id: 'key_new' as KeyId }),
      aKey({ id: 'key_next' as KeyId, state: 'published' }),
      aKey({ id: 'key_other' as KeyId, purpose: 'client-authentication' }),
      aKey({ id: 'key_foreign' as KeyId, did: 'did:web:other.example' }),
    ]);
    const issuer = await directory.find(organization.id);
    expect(issuer.organization).toBe(organization);
    expect(issuer.key.id).toBe('key_new');
  });

  it('is read once', async () => {
    const { directory, asked } = arrange([aKey()]);
    const first = await directory.find(organization.id);
    expect(await directory.find(organization.id)).toBe(first);
    expect(asked).toStrictEqual(['org_acme']);
  });

  it('is refused where there is no such organization, or no key to sign with', async () => {
    const { directory } = arrange([aKey({ purpose: 'client-authentication' })]);
    const unknown = directory.find('org_other' as OrganizationId);
    expect(await refusalLater(unknown)).toStrictEqual(['organization-not-found']);
    expect(await refusalLater(directory.find(organization.id))).toStrictEqual(['key-not-usable']);
  });
});
