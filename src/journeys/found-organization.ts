import { derivedId } from '../kernel/derived-id.ts';
import { newId } from '../kernel/new-id.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { IssuerDirectory } from '../keys/issuer.ts';
import { type ApiToken, tokenScopes } from '../organizations/api-token.ts';
import type { ApiTokenStore } from '../organizations/api-token-store.ts';
import {
  mintApiToken,
  type NewApiToken,
  recordApiToken,
} from '../organizations/create-api-token.ts';
import type { Organization, OrganizationId } from '../organizations/organization.ts';
import { type OrganizationPlace, placeOrganization } from '../organizations/place-organization.ts';
import { checkDescription } from '../organizations/update-organization.ts';
import type { StatusPublisher } from '../status/status-publisher.ts';
import {
  type CreateOrganizationDeps,
  type OrganizationOrder,
  type OrganizationStores,
  recordOrganization,
} from './create-organization.ts';
import type { Caller } from './registry.ts';

const firstName = 'first token';

/** What founding an organization writes. */
export interface FoundOrganizationStores extends OrganizationStores {
  readonly tokens: ApiTokenStore;
}

/** What founding an organization needs. */
export interface FoundOrganizationDeps extends Omit<CreateOrganizationDeps, 'work'> {
  readonly work: UnitOfWork<FoundOrganizationStores>;
  readonly issuers: IssuerDirectory;
  readonly lists: Pick<StatusPublisher, 'publishAll'>;
}

/** A new organization, asked for with a platform token: its caller is of the first organization. */
export interface FoundOrganizationInput extends Caller, OrganizationPlace {
  readonly name: string;
  readonly contact: string;
}

/** A new organization and the text of its first token, which cannot be had again. */
export interface FoundedOrganization {
  readonly organization: Organization;
  readonly token: ApiToken;
  readonly text: string;
}

/**
 * Creates an organization with a first token of every scope, and answers once its status lists are
 * published. A request that is sent again finds the organization of its first attempt, whose token
 * nobody saw: that one ends, and another takes its place. Throws `invalid-input` and
 * `base-url-taken`.
 */
export async function foundOrganization(
  deps: FoundOrganizationDeps,
  input: FoundOrganizationInput,
): Promise<FoundedOrganization> {
  const { name, contact, actor, requestId } = input;
  const { organization: first } = await deps.issuers.find(input.organizationId);
  const baseUrl = placeOrganization(first, input);
  checkDescription({ name, contact });
  const at = deps.clock.now();
  const id =
    requestId === undefined
      ? newId<OrganizationId>('org', at)
      : derivedId<OrganizationId>('org', requestId, 0);
  const order = { id, baseUrl, name, contact, actor, at };
  const { listIds, ...founded } = await deps.work.run(async (stores) => {
    const earlier = await stores.organizations.find(id);
    if (earlier === null) return record(deps, stores, { order, first });
    await endUnseen(stores, { organization: earlier, actor, at });
    return { listIds: [], organization: earlier, ...(await letIn(stores, earlier, order)) };
  });
  await deps.lists.publishAll(listIds);
  return founded;
}

/** Both trails have it: that of the new organization, and that of the one whose token did it. */
async function record(
  deps: FoundOrganizationDeps,
  stores: FoundOrganizationStores,
  { order, first }: { readonly order: OrganizationOrder; readonly first: Organization },
) {
  const { organization, listId } = await recordOrganization(deps, stores, order);
  const { id, did, baseUrl } = organization;
  const event = {
    organizationId: first.id,
    actor: order.actor,
    subject: id,
    reason: null,
  } as const;
  await stores.audit.append([
    { ...event, action: 'organization.created', details: { did, baseUrl } },
  ]);
  return { listIds: [listId], organization, ...(await letIn(stores, organization, order)) };
}

async function letIn(
  stores: FoundOrganizationStores,
  { id: organizationId }: Organization,
  { actor, at }: Pick<OrganizationOrder, 'actor' | 'at'>,
): Promise<NewApiToken> {
  const order = { organizationId, name: firstName, scopes: tokenScopes, expiresAt: null };
  const created = mintApiToken(order, at);
  await recordApiToken(stores, { ...created, actor });
  return created;
}

/** Ends the first token of an attempt whose answer never went out. */
async function endUnseen(
  stores: FoundOrganizationStores,
  {
    organization,
    actor,
    at,
  }: Pick<OrganizationOrder, 'actor' | 'at'> & { organization: Organization },
): Promise<void> {
  const organizationId = organization.id;
  const tokens = await stores.tokens.list(organizationId);
  for (const { id } of tokens.filter(({ name, revokedAt }) => name === firstName && !revokedAt)) {
    await stores.tokens.revoke(organizationId, id, at);
    const event = { organizationId, actor, subject: id, reason: null } as const;
    await stores.audit.append([
      { ...event, action: 'token.revoked', details: { name: firstName } },
    ]);
  }
}
