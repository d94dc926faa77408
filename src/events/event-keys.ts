import type { Actor, AuditEvent } from '../audit/audit-event.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import type { IdentityProvider, IdentityStores } from '../dids/identity-provider.ts';
import type { Clock } from '../kernel/clock.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import { documentCacheMs } from '../keys/issuer-key.ts';
import { draftAgentJwks } from '../keys/publish-jwks.ts';
import type { SigningKey } from '../keys/signing-key.ts';
import { type Organization, type OrganizationId, originOf } from '../organizations/organization.ts';
import type { OrganizationReader } from '../organizations/organization-store.ts';
import { serializeDocument } from '../protocol/client-metadata.ts';
import { type DocumentDraft, draftIdentityDocument } from '../publication/public-document.ts';
import type { PublicDocumentStore } from '../publication/public-document-store.ts';
import { publishDocuments } from '../publication/publish-documents.ts';

/** Delivery by push and by poll (SSF §6.1). */
export const deliveryMethods = {
  push: 'urn:ietf:rfc:8935',
  poll: 'urn:ietf:rfc:8936',
} as const;

/** The stores that a change of event keys writes to. */
export interface EventKeyStores extends IdentityStores {
  readonly documents: PublicDocumentStore;
  readonly audit: AuditTrail;
}

/** What keeping event keys needs. */
export interface EventKeysDeps {
  readonly work: UnitOfWork<EventKeyStores>;
  readonly organizations: OrganizationReader;
  readonly identities: IdentityProvider;
  readonly clock: Clock;
}

/** The documents by which receivers know a transmitter: its key set, and its configuration (SSF §7.1). */
export function draftTransmitter(
  organization: Organization,
  keys: readonly SigningKey[],
): readonly DocumentDraft[] {
  const { baseUrl } = organization;
  const origin = originOf(organization);
  const jwksUri = `${baseUrl}/ssf/jwks.json`;
  const configuration = {
    spec_version: '1_0',
    issuer: baseUrl,
    jwks_uri: jwksUri,
    delivery_methods_supported: Object.values(deliveryMethods),
    configuration_endpoint: `${origin}/api/v1/ssf/streams`,
    status_endpoint: `${origin}/api/v1/ssf/status`,
    verification_endpoint: `${origin}/api/v1/ssf/verification`,
    authorization_schemes: [{ spec_urn: 'urn:ietf:rfc:6750' }],
    default_subjects: 'ALL',
  };
  // SSF §7.2: what follows the host in the issuer comes after the well-known part.
  const path = baseUrl.slice(origin.length);
  const url = `${origin}/.well-known/ssf-configuration${path}`;
  return [
    draftAgentJwks(jwksUri, keys),
    draftIdentityDocument(url, serializeDocument(configuration)),
  ];
}

/** Makes a key for events, in force at once: receivers read the key set anew for a `kid` they miss. */
export function createEventKey(
  stores: IdentityStores,
  order: {
    readonly identities: IdentityProvider;
    readonly organization: Organization;
    readonly at: Date;
  },
): Promise<SigningKey> {
  const { id: organizationId, did } = order.organization;
  const key = { organizationId, did, purpose: 'event', state: 'active', at: order.at } as const;
  return order.identities.createKey(stores, key);
}

/**
 * Gives every organization that has none a key for events, takes keys out of the key set that nothing
 * under way is signed with any more, and publishes what receivers read. It may be repeated, also by
 * several processes at a time.
 */
export async function keepEventKeys(deps: EventKeysDeps): Promise<void> {
  for (const organization of await deps.organizations.list()) {
    await changeEventKeys(deps, organization, async (turn) => {
      if (turn.keys.some(({ state }) => state === 'active')) return;
      await introduce(deps, turn, { kind: 'system', id: 'service' });
    });
  }
}

/** Makes a new key for events, and retires the present one; returns the new one. */
export async function rotateEventKey(
  deps: EventKeysDeps,
  input: { readonly organizationId: OrganizationId; readonly actor: Actor },
): Promise<SigningKey> {
  const organization = await deps.organizations.find(input.organizationId);
  if (organization === null) {
    throw new SealwrightError('organization-not-found', 'There is no such organization.');
  }
  return changeEventKeys(deps, organization, async (turn) => {
    const { stores, keys, at } = turn;
    const listedUntil = new Date(at.getTime() + documentCacheMs);
    for (const key of keys.filter(({ state }) => state === 'active')) {
      const end = { state: 'retired', stateSince: at, sealed: null, listedUntil } as const;
      await stores.keys.change(key.id, end);
      await stores.audit.append([eventOf(key, input.actor, 'event-key.retired')]);
    }
    return introduce(deps, turn, input.actor);
  });
}

interface Turn {
  readonly stores: EventKeyStores;
  readonly organization: Organization;
  readonly keys: readonly SigningKey[];
  readonly at: Date;
}

/** One change at a time for each organization: its keys are locked meanwhile. */
function changeEventKeys<Result>(
  deps: EventKeysDeps,
  organization: Organization,
  change: (turn: Turn) => Promise<Result>,
): Promise<Result> {
  return deps.work.run(async (stores) => {
    await stores.keys.lockByDid(organization.did);
    const at = deps.clock.now();
    const keys = await stores.keys.listEventKeys(organization.id);
    const result = await change({ stores, organization, keys, at });
    const ended = keys.filter(({ listedUntil }) => listedUntil !== null && listedUntil <= at);
    for (const { id } of ended) {
      await stores.keys.change(id, { state: 'destroyed', stateSince: at });
    }
    const listed = await stores.keys.listEventKeys(organization.id);
    await publishDocuments(stores, { drafts: draftTransmitter(organization, listed), at });
    return result;
  });
}

async function introduce(deps: EventKeysDeps, turn: Turn, actor: Actor): Promise<SigningKey> {
  const { stores, organization, at } = turn;
  const key = await createEventKey(stores, { ...deps, organization, at });
  await stores.audit.append([eventOf(key, actor, 'event-key.created')]);
  return key;
}

function eventOf(
  { id, organizationId, thumbprint }: SigningKey,
  actor: Actor,
  action: 'event-key.created' | 'event-key.retired',
): AuditEvent {
  return { organizationId, actor, action, subject: id, reason: null, details: { key: thumbprint } };
}
