import type { AuditEvent } from '../audit/audit-event.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import type { Clock } from '../kernel/clock.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { IssuerDirectory } from '../keys/issuer.ts';
import { pathOf } from '../publication/public-document.ts';
import type { PublicDocumentStore } from '../publication/public-document-store.ts';
import { withdrawDocuments } from '../publication/publish-documents.ts';
import { type StatusList, statusUrls } from './status-list.ts';
import type { StatusReader, StatusStore } from './status-store.ts';

/** A list is served for so long after the last credential in it has ended. */
const lookBackMs = 24 * 3_600_000;

/** What retiring lists needs. */
export interface RetireStatusListsDeps {
  readonly work: UnitOfWork<{
    readonly status: StatusStore;
    readonly documents: PublicDocumentStore;
    readonly audit: AuditTrail;
  }>;
  readonly status: StatusReader;
  readonly issuers: IssuerDirectory;
  readonly clock: Clock;
}

/**
 * Retires lists that nobody has a reason to ask any more: no index of theirs will be handed out, and
 * the last credential in them ended a day ago. They are signed no more and answer 410; what they said
 * stays recorded, and no index is used again. Returns how many there were. May be repeated.
 */
export async function retireStatusLists(deps: RetireStatusListsDeps): Promise<number> {
  const lists = await deps.status.listLists();
  const at = deps.clock.now();
  const over = lists.filter((list) => isClosed(list, lists) && isOver(list, at));
  for (const list of over) await retire(deps, list, at);
  return over.length;
}

/** Whether no index of the list will be handed out: it is full, or a newer one is in its place. */
function isClosed(list: StatusList, all: readonly StatusList[]): boolean {
  const isSuperseded = ({ organizationId, number }: StatusList) =>
    organizationId === list.organizationId && number > list.number;
  return list.taken >= list.size || all.some(isSuperseded);
}

/** What describes nothing is over a day after it was published. */
function isOver({ lastEnd, publishedAt }: StatusList, at: Date): boolean {
  const end = lastEnd ?? publishedAt;
  return end !== null && end.getTime() + lookBackMs < at.getTime();
}

async function retire(deps: RetireStatusListsDeps, list: StatusList, at: Date): Promise<void> {
  const { organization } = await deps.issuers.find(list.organizationId);
  const urls = Object.values(statusUrls(organization.baseUrl, list.number));
  await deps.work.run(async (stores) => {
    if (!(await stores.status.retire(list.id, at))) return;
    await withdrawDocuments(stores, { paths: urls.map(pathOf), at });
    await stores.audit.append([retiredEvent(list)]);
  });
}

function retiredEvent({ id, organizationId, number, lastEnd }: StatusList): AuditEvent {
  return {
    organizationId,
    actor: { kind: 'system', id: 'retire-status-lists' },
    action: 'status-list.retired',
    subject: id,
    reason: 'the last credential in it has ended',
    details: { list: number, lastEnd: lastEnd?.toISOString() ?? null },
  };
}
