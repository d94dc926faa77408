import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { Organization, OrganizationId } from '../organizations/organization.ts';
import type { OrganizationReader } from '../organizations/organization-store.ts';
import type { KeyReader, KeyStore } from './key-store.ts';
import type { SigningKey } from './signing-key.ts';

/** An organization with the key that signs its credentials and status lists. */
export interface Issuer {
  readonly organization: Organization;
  readonly key: SigningKey;
}

/** Another process may rename the organization or change its key: both are known here within that. */
const heldMs = 1_000;

/**
 * Finds the issuer of an organization. Answers stay in memory for a second, or until they are
 * forgotten; what is about to be recorded under the key asks `hold`, which never goes by a key that
 * is not active.
 */
export class IssuerDirectory {
  readonly #issuers = new Map<
    OrganizationId,
    { readonly issuer: Issuer; readonly until: number }
  >();
  readonly #readers: { organizations: Pick<OrganizationReader, 'find'>; keys: KeyReader };

  constructor(readers: { organizations: Pick<OrganizationReader, 'find'>; keys: KeyReader }) {
    this.#readers = readers;
  }

  async find(id: OrganizationId): Promise<Issuer> {
    const held = this.#issuers.get(id);
    if (held !== undefined && performance.now() < held.until) return held.issuer;
    const until = performance.now() + heldMs;
    const issuer = await this.#read(id);
    this.#issuers.set(id, { issuer, until });
    return issuer;
  }

  /** The issuer as of this transaction: until it ends, no other key becomes the active one. */
  async hold(
    stores: { readonly keys: Pick<KeyStore, 'holdActive'> },
    id: OrganizationId,
  ): Promise<Issuer> {
    const known = await this.find(id);
    if (await stores.keys.holdActive(known.key.id)) return known;
    this.forget(id);
    const present = await this.find(id);
    if (await stores.keys.holdActive(present.key.id)) return present;
    throw new SealwrightError('conflict-retry', 'The signing key is being changed. Try again.');
  }

  /** Has the next `find` read anew. */
  forget(id: OrganizationId): void {
    this.#issuers.delete(id);
  }

  async #read(id: OrganizationId): Promise<Issuer> {
    const organization = await this.#readers.organizations.find(id);
    if (organization === null) {
      throw new SealwrightError('organization-not-found', 'There is no such organization.');
    }
    const keys = await this.#readers.keys.listByDids([organization.did]);
    const key = keys.findLast(
      ({ purpose, state }) => purpose === 'credential' && state === 'active',
    );
    if (key === undefined) {
      throw new SealwrightError('key-not-usable', 'The organization has no active signing key.');
    }
    return { organization, key };
  }
}
