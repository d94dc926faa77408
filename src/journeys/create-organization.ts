import type { IdentityProvider } from '../dids/identity-provider.ts';
import { createEventKey, draftTransmitter } from '../events/event-keys.ts';
import type { Clock } from '../kernel/clock.ts';
import { newId } from '../kernel/new-id.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { Organization } from '../organizations/organization.ts';
import type { OrganizationStore } from '../organizations/organization-store.ts';
import { didWebOf } from '../protocol/did-web.ts';
import { publishDocuments } from '../publication/publish-documents.ts';
import { newStatusList } from '../status/reserve-index.ts';
import { draftIssuer } from './issuer-keys.ts';
import type { PapersStores } from './papers.ts';

/** No signer: the documents of an issuer carry no signature. */
export interface CreateOrganizationDeps {
  readonly work: UnitOfWork<PapersStores & { readonly organizations: OrganizationStore }>;
  readonly identities: IdentityProvider;
  readonly clock: Clock;
}

/** What an issuer says about itself. Its did:web follows from the base URL, which never changes. */
export interface CreateOrganizationInput {
  readonly baseUrl: string;
  readonly name: string;
  readonly contact: string;
}

/**
 * Creates an issuer: its did:web, its signing key, its first status list and its public documents,
 * in one transaction.
 */
export async function createOrganization(
  deps: CreateOrganizationDeps,
  input: CreateOrganizationInput,
): Promise<Organization> {
  const at = deps.clock.now();
  const did = didWebOf(input.baseUrl);
  const organization: Organization = { id: newId('org', at), did, createdAt: at, ...input };
  await deps.work.run(async (stores) => {
    await stores.organizations.insert(organization);
    const { key } = await deps.identities.createIdentity(stores, {
      organizationId: organization.id,
      alias: did.slice('did:web:'.length),
      purpose: 'credential',
      at,
    });
    const eventKey = await createEventKey(stores, { ...deps, organization, at });
    await stores.status.insertList(newStatusList({ organizationId: organization.id, at }, 1));
    await publishDocuments(stores, {
      drafts: [...draftIssuer(organization, [key]), ...draftTransmitter(organization, [eventKey])],
      at,
    });
    await stores.audit.append([
      {
        organizationId: organization.id,
        actor: { kind: 'system', id: 'service' },
        action: 'organization.created',
        subject: organization.id,
        reason: null,
        details: {
          did,
          baseUrl: organization.baseUrl,
          key: key.thumbprint,
          eventKey: eventKey.thumbprint,
        },
      },
    ]);
  });
  return organization;
}
