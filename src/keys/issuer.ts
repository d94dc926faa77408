import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { Organization, OrganizationId } from '../organizations/organization.ts';
import type { OrganizationReader } from '../organizations/organization-store.ts';
import type { KeyReader } from './key-store.ts';
import type { SigningKey } from './signing-key.ts';

/** An organization with the key that signs its credentials and status lists. */
export interface Issuer {
  readonly organization: Organization;
  readonly key: SigningKey;
}

/** Finds the issuer of an organization. Answers stay in memory: neither part changes once made. */
export class IssuerDirectory {
  readonly #issuers = new Map<OrganizationId, Issuer>();
  readonly #readers: { organizations: OrganizationReader; keys: KeyReader };

  constructor(readers: { organizations: OrganizationReader; keys: KeyReader }) {
    this.#readers = readers;
  }

  async find(id: OrganizationId): Promise<Issuer> {
    const held = this.#issuers.get(id);
    if (held !== undefined) return held;
    const issuer = await this.#read(id);
    this.#issuers.set(id, issuer);
    return issuer;
  }

  async #read(id: OrganizationId): Promise<Issuer> {
    const organization = await this.#readers.organizations.find(id);
    if (organization === null) {
      throw new SealwrightError('organization-not-found', 'There is no such organization.');
    }
    const keys = await this.#readers.keys.listByDids([organization.did]);
    const key = keys.findLast((candidate) => candidate.purpose === 'credential');
    if (key === undefined) {
      throw new SealwrightError('key-not-usable', 'The organization has no active signing key.');
    }
    return { organization, key };
  }
}
