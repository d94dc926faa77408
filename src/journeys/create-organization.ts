import type { Actor } from '../audit/audit-event.ts';
import type { IdentityProvider } from '../dids/identity-provider.ts';
import { createEventKey, draftTransmitter } from '../events/event-keys.ts';
import type { Clock } from '../kernel/clock.ts';
import { newId } from '../kernel/new-id.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import {
  issuerDomainOf,
  type Organization,
  type OrganizationId,
  type OrganizationStanding,
} from '../organizations/organization.ts';
import type { OrganizationStore } from '../organizations/organization-store.ts';
import { didWebOf } from '../protocol/did-web.ts';
import { draftHosts } from '../publication/known-hosts.ts';
import { publishDocuments } from '../publication/publish-documents.ts';
import { newStatusList } from '../status/reserve-index.ts';
import type { StatusListId } from '../status/status-list.ts';
import { draftIssuer } from './issuer-keys.ts';
import type { PapersStores } from './papers.ts';

/** What is written when an organization comes to be. */
export interface OrganizationStores extends PapersStores {
  readonly organizations: OrganizationStore;
}

/** No signer: the documents of an issuer carry no signature. */
export interface CreateOrganizationDeps {
  readonly work: UnitOfWork<OrganizationStores>;
  readonly identities: IdentityProvider;
  readonly clock: Clock;
  /** How many entries its first status list gets; the least unless given. */
  readonly statusListSize?: number;
}

/** What an issuer says about itself. Its did:web follows from the base URL, which never changes. */
export interface CreateOrganizationInput {
  readonly baseUrl: string;
  readonly name: string;
  readonly contact: string;
  /** Absent: `first` in an installation without any organization, else `member`. */
  readonly standing?: OrganizationStanding;
}

/** An organization to be recorded, by whom and when. */
export interface OrganizationOrder extends CreateOrganizationInput {
  readonly id: OrganizationId;
  readonly actor: Actor;
  readonly at: Date;
}

/** An organization that was recorded, and its list, of which nothing is published yet. */
export interface RecordedOrganization {
  readonly organization: Organization;
  readonly listId: StatusListId;
}

/**
 * Creates an issuer: its did:web, its signing key, its first status list and its public documents,
 * in one transaction. Throws `base-url-taken`.
 */
export async function createOrganization(
  deps: CreateOrganizationDeps,
  input: CreateOrganizationInput,
): Promise<Organization> {
  const at = deps.clock.now();
  const actor = { kind: 'system', id: 'service' } as const;
  const order = { ...input, id: newId<OrganizationId>('org', at), actor, at };
  const { organization } = await deps.work.run((stores) => recordOrganization(deps, stores, order));
  return organization;
}

/** The same inside a transaction of the caller's. */
export async function recordOrganization(
  deps: Pick<CreateOrganizationDeps, 'identities' | 'statusListSize'>,
  stores: OrganizationStores,
  order: OrganizationOrder,
): Promise<RecordedOrganization> {
  const { id, actor, at, baseUrl, name, contact } = order;
  const others = await stores.organizations.list();
  const standing = order.standing ?? (others.length === 0 ? 'first' : 'member');
  const did = didWebOf(baseUrl);
  const organization = { id, baseUrl, did, name, contact, standing, createdAt: at };
  await stores.organizations.insert(organization);
  const { key } = await deps.identities.createIdentity(stores, {
    organizationId: id,
    alias: did.slice('did:web:'.length),
    purpose: 'credential',
    at,
  });
  const eventKey = await createEventKey(stores, { ...deps, organization, at });
  const list = newStatusList({ organizationId: id, at, listSize: deps.statusListSize }, 1);
  await stores.status.insertList(list);
  const hosts = ownHosts([...others, organization]);
  await publishDocuments(stores, {
    drafts: [
      ...draftIssuer(organization, [key]),
      ...draftTransmitter(organization, [eventKey]),
      ...(hosts.length > 0 ? [draftHosts(hosts)] : []),
    ],
    at,
  });
  const details = { did, baseUrl, key: key.thumbprint, eventKey: eventKey.thumbprint };
  const event = { organizationId: id, actor, subject: id, reason: null, details } as const;
  await stores.audit.append([{ ...event, action: 'organization.created' }]);
  return { organization, listId: list.id };
}

/** The hosts of members that are not the host of the first organization. */
function ownHosts(organizations: readonly Organization[]): readonly string[] {
  const first = organizations.find(({ standing }) => standing === 'first');
  const members = organizations.filter(({ standing }) => standing === 'member');
  const home = first === undefined ? null : issuerDomainOf(first);
  return [...new Set(members.map(issuerDomainOf))].filter((host) => host !== home);
}
