import type { AuditEvent } from '../audit/audit-event.ts';
import type { Credential } from '../credentials/credential.ts';
import type { SigningKey } from '../keys/signing-key.ts';
import { clockSkewMs } from '../protocol/limits.ts';
import type { StatusListId } from '../status/status-list.ts';
import { checkReason } from './check-reason.ts';
import {
  changeIssuerKeys,
  endOf,
  type IssuerKeysDeps,
  issuerKeyCalled,
  issuerKeyEvent,
  type KeysTurn,
  signListsAnew,
  succeed,
} from './issuer-keys.ts';
import { type ReissueOrder, reissuePapers } from './reissue-papers.ts';
import { findIssuerKey, type IssuerKeyRef } from './rotate-issuer-key.ts';

/** How long one call goes on issuing papers anew; what is left then is the next round's. */
const patienceMs = 20_000;
const credentialsPerChunk = 500;

/** `reason` stands in the audit trail: 1 to 500 characters. */
export interface CompromiseIssuerKeyInput extends IssuerKeyRef {
  readonly reason: string;
}

/** A key that is given up. What is under way goes on by itself, also after a restart. */
export interface RevokedKey extends SigningKey {
  readonly revokedAt: Date;
}

/** What became of a compromised key and of what it had signed. */
export interface CompromisedIssuerKey {
  readonly key: SigningKey;
  /** The key that signs now. */
  readonly replacement: SigningKey;
  /** Credentials that this call revoked, passports and facets alike. */
  readonly revoked: number;
  /** Facets among them that were suspended: those are not issued anew. */
  readonly suspended: number;
  /** Agents that have papers under the replacement by this call. */
  readonly agentsReissued: number;
  /** Agents that do not have them yet. */
  readonly agentsUnderWay: number;
  /** When the last status list that shows it was published, signed by the replacement. */
  readonly listsPublishedAt: Date | null;
}

/**
 * Gives a key up at once: readers of the DID document find it revoked, everything unexpired that it
 * signed is revoked, a prepared key or a new one signs from now on, the status lists first, and
 * agents get the same papers under it. Repeating it goes on where it stopped. Throws `key-not-found`.
 */
export async function compromiseIssuerKey(
  deps: IssuerKeysDeps,
  input: CompromiseIssuerKeyInput,
): Promise<CompromisedIssuerKey> {
  checkReason(input.reason);
  const key = await changeIssuerKeys(deps, input.organizationId, (turn) =>
    giveUp(deps, turn, input),
  );
  const { actor, reason } = input;
  const { failures: _left, ...cleared } = await clearUp(deps, { key, actor, reason, patienceMs });
  const { key: replacement } = await deps.issuers.find(input.organizationId);
  return { key: await findIssuerKey(deps, { ...input, key: key.id }), replacement, ...cleared };
}

/** What was done about a revoked key, and what stood in the way of single agents. */
interface ClearedUp extends Omit<CompromisedIssuerKey, 'key' | 'replacement'> {
  readonly failures: readonly unknown[];
}

/**
 * Takes back what a revoked key signed and issues it anew under the present one, as far as that is
 * owed. May be repeated.
 */
export async function clearUp(
  deps: IssuerKeysDeps,
  order: ReissueOrder & { readonly key: RevokedKey },
): Promise<ClearedUp> {
  const { revoked, suspended, lists } = await revokeSigned(deps, order);
  const resigned = await signListsAnew(deps, order.key.organizationId);
  const listsPublishedAt = (await deps.lists.publishAll(lists)) ?? resigned;
  return { revoked, suspended, listsPublishedAt, ...(await reissuePapers(deps, order)) };
}

async function giveUp(
  deps: IssuerKeysDeps,
  turn: KeysTurn,
  input: CompromiseIssuerKeyInput,
): Promise<RevokedKey> {
  const { stores, keys, at } = turn;
  const { actor, reason } = input;
  const key = issuerKeyCalled(keys, input.key);
  if (isRevoked(key)) return key;
  if (key.state === 'active') await succeed(turn, await replacementOf(deps, turn), actor);
  const listedUntil = key.listedUntil ?? (await endOf(turn, key));
  const over = { state: 'retired', stateSince: at, sealed: null, activatesAt: null } as const;
  const end = { ...over, revokedAt: at, listedUntil };
  await stores.keys.change(key.id, end);
  const event = { actor, action: 'issuer-key.compromised', reason } as const;
  await stores.audit.append([issuerKeyEvent(key, event)]);
  return { ...key, ...end };
}

/** The key that is prepared, because readers may know it already, or a new one. */
async function replacementOf(deps: IssuerKeysDeps, turn: KeysTurn): Promise<SigningKey> {
  const { stores, organization, keys, at } = turn;
  const prepared = keys.find(({ state }) => state === 'published');
  if (prepared !== undefined) return prepared;
  const { id: organizationId, did } = organization;
  const purpose = 'credential';
  const state = 'published';
  return deps.identities.createKey(stores, { organizationId, did, purpose, state, at });
}

/** Whether a key was given up as compromised. */
export function isRevoked(key: SigningKey): key is RevokedKey {
  return key.revokedAt !== null;
}

/** Every entry gets the very instant at which the key was given up: it tells why it was revoked. */
async function revokeSigned(deps: IssuerKeysDeps, order: ReissueOrder & { key: RevokedKey }) {
  const lists: StatusListId[] = [];
  let revoked = 0;
  let suspended = 0;
  for (;;) {
    const chunk = await revokeChunk(deps, order);
    lists.push(...chunk.lists);
    revoked += chunk.held.length;
    suspended += chunk.held.filter(isSuspendedFacet).length;
    if (chunk.held.length < credentialsPerChunk) return { revoked, suspended, lists };
  }
}

function revokeChunk(deps: IssuerKeysDeps, { key, actor, reason }: ReissueOrder) {
  // Readers forgive clocks that are late: what ended a moment ago may still be accepted.
  const since = new Date(deps.clock.now().getTime() - clockSkewMs);
  return deps.work.run(async (stores) => {
    const held = await stores.credentials.listStanding(key.id, since, credentialsPerChunk);
    const ids = held.map(({ id }) => id);
    await stores.credentials.abandonAll(ids);
    const lists = await stores.status.change(ids, { revokedAt: key.revokedAt });
    await stores.audit.append(
      held.map((credential) => revokedEvent(credential, { actor, reason })),
    );
    return { held, lists };
  });
}

function isSuspendedFacet({ type, suspendedAt }: Credential): boolean {
  return type !== 'passport' && suspendedAt !== null;
}

function revokedEvent(
  { id, organizationId, agentId, type, sealing }: Credential,
  { actor, reason }: Pick<ReissueOrder, 'actor' | 'reason'>,
): AuditEvent {
  return {
    ...{ organizationId, actor, reason, subject: id },
    action: sealing === 'intended' ? 'credential.abandoned' : 'credential.revoked',
    details: { agent: agentId, type },
  };
}
