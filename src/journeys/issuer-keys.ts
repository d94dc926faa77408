import type { Actor, AuditEvent } from '../audit/audit-event.ts';
import type { CredentialReader } from '../credentials/credential-store.ts';
import type { IdentityProvider } from '../dids/identity-provider.ts';
import { draftDidDocument } from '../dids/publish-did-document.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import { keyCalled, listedKeys, offeredKeys } from '../keys/issuer-key.ts';
import type { KeyReader } from '../keys/key-store.ts';
import { draftIssuerJwks } from '../keys/publish-jwks.ts';
import type { SigningKey } from '../keys/signing-key.ts';
import type { Organization, OrganizationId } from '../organizations/organization.ts';
import { clockSkewMs } from '../protocol/limits.ts';
import type { DocumentDraft } from '../publication/public-document.ts';
import { publishDocuments } from '../publication/publish-documents.ts';
import { statusListValidityMs } from '../status/build-status-lists.ts';
import type { StatusList } from '../status/status-list.ts';
import type { StatusReader } from '../status/status-store.ts';
import type { IssuePapers } from './issue-papers.ts';
import type { PapersDeps, PapersStores } from './papers.ts';

/** What every change of an issuer's keys needs, and the papers that follow from one. */
export interface IssuerKeysDeps extends PapersDeps {
  readonly identities: IdentityProvider;
  readonly keys: KeyReader;
  readonly credentials: CredentialReader;
  readonly status: StatusReader;
  readonly issuePapers: IssuePapers;
}

/** One change under way: no other change of these keys begins before it is durable. */
export interface KeysTurn {
  readonly stores: PapersStores;
  readonly organization: Organization;
  /** The keys as they are before the change, oldest first. */
  readonly keys: readonly SigningKey[];
  readonly at: Date;
}

/**
 * Changes the keys of an issuer and publishes the documents that list them, in one transaction. A
 * credential that is being recorded meanwhile comes before the change, or is recorded under the key
 * that is active after it.
 */
export async function changeIssuerKeys<Result>(
  deps: Pick<IssuerKeysDeps, 'work' | 'issuers' | 'clock'>,
  id: OrganizationId,
  change: (turn: KeysTurn) => Promise<Result>,
): Promise<Result> {
  const { organization } = await deps.issuers.find(id);
  try {
    return await deps.work.run(async (stores) => {
      const keys = await stores.keys.lockByDid(organization.did);
      const at = deps.clock.now();
      const result = await change({ stores, organization, keys, at });
      const changed = await stores.keys.listByDids([organization.did]);
      await publishDocuments(stores, { drafts: draftIssuer(organization, changed), at });
      return result;
    });
  } finally {
    deps.issuers.forget(id);
  }
}

/** The documents by which the world knows an issuer's keys. */
export function draftIssuer(
  organization: Organization,
  keys: readonly SigningKey[],
): readonly DocumentDraft[] {
  const { did, baseUrl } = organization;
  return [
    draftDidDocument({ did, alsoKnownAs: [], keys: listedKeys(keys) }),
    draftIssuerJwks(`${baseUrl}/jwks.json`, offeredKeys(keys)),
  ];
}

/** The key that is called so; throws `key-not-found`. */
export function issuerKeyCalled(keys: readonly SigningKey[], name: string): SigningKey {
  const key = keyCalled(keys, name);
  if (key !== undefined) return key;
  throw new SealwrightError('key-not-found', 'There is no such key, or it is destroyed.');
}

/** Makes `next` the key that signs; what signed until now is retired, and its private half gone. */
export async function succeed(turn: KeysTurn, next: SigningKey, actor: Actor): Promise<void> {
  const { stores, keys, at } = turn;
  for (const former of keys.filter(({ state }) => state === 'active')) {
    const listedUntil = await endOf(turn, former);
    const end = { state: 'retired', stateSince: at, sealed: null, listedUntil } as const;
    await stores.keys.change(former.id, end);
    await stores.audit.append([issuerKeyEvent(former, { actor, action: 'issuer-key.retired' })]);
  }
  await stores.keys.change(next.id, { state: 'active', stateSince: at, activatesAt: null });
  await stores.audit.append([issuerKeyEvent(next, { actor, action: 'issuer-key.activated' })]);
}

/** A step in the life of a key, for the audit trail. */
export function issuerKeyEvent(
  { id, organizationId, thumbprint }: SigningKey,
  step: Pick<AuditEvent, 'actor' | 'action'> & Partial<Pick<AuditEvent, 'reason'>>,
): AuditEvent {
  return { organizationId, subject: id, reason: null, details: { key: thumbprint }, ...step };
}

/**
 * Until when documents list a key that signs no more: the end of the last credential and of the last
 * status list that it signed, for readers whose clocks are as late as is forgiven.
 */
export async function endOf(
  { stores, organization, at }: KeysTurn,
  key: SigningKey,
): Promise<Date> {
  const credential = await stores.credentials.findLastEnd(key.id);
  const lists = (await stores.status.listLists())
    .filter(({ organizationId }) => organizationId === organization.id)
    .map(({ publishedAt }) => publishedAt?.getTime() ?? 0);
  const lastList = Math.max(at.getTime(), ...lists) + statusListValidityMs;
  return new Date(Math.max(lastList, credential?.getTime() ?? 0) + clockSkewMs);
}

/**
 * Has every list of the organization that was signed before its active key came signed by that.
 * `lists` are those of all organizations, for a caller who has read them.
 */
export async function signListsAnew(
  deps: Pick<IssuerKeysDeps, 'issuers' | 'status' | 'lists'>,
  id: OrganizationId,
  lists?: readonly StatusList[],
): Promise<Date | null> {
  const { key } = await deps.issuers.find(id);
  const owed = (lists ?? (await deps.status.listLists())).filter(
    ({ organizationId, publishedAt }) =>
      organizationId === id && publishedAt !== null && publishedAt <= key.stateSince,
  );
  return deps.lists.publishAll(owed.map((list) => list.id));
}
