import type { Clock } from '../kernel/clock.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { Issuer, IssuerDirectory } from '../keys/issuer.ts';
import type { KeyStore } from '../keys/key-store.ts';
import type { Signer } from '../keys/signer.ts';
import {
  cacheControls,
  type DocumentDraft,
  type DocumentMediaType,
  pathOf,
} from '../publication/public-document.ts';
import type { PublicDocumentStore } from '../publication/public-document-store.ts';
import { publishDocuments } from '../publication/publish-documents.ts';
import {
  buildStatusLists,
  statusListValidityMs,
  type UnsignedStatusLists,
} from './build-status-lists.ts';
import { type StatusList, type StatusListId, statusUrls } from './status-list.ts';
import type { StatusReader, StatusStore } from './status-store.ts';

const attempts = 5;
/** Clocks of several machines differ a little; one that is further behind is wrong, or was. */
const clockToleranceMs = 5 * 60_000;

/** What publishing a list needs. */
export interface PublishStatusListDeps {
  readonly work: UnitOfWork<{
    keys: KeyStore;
    status: StatusStore;
    documents: PublicDocumentStore;
  }>;
  readonly status: StatusReader;
  readonly issuers: IssuerDirectory;
  readonly signer: Signer;
  readonly clock: Clock;
}

/**
 * Signs and publishes the three documents of a list from its recorded states, and returns their
 * validFrom. Whatever was committed before the call is shown. Lists only go forward: validFrom is
 * later than that of every earlier publication, also when the clock steps back a little, and a
 * publication overtaken by another process starts again from the newer states. Throws `clock-behind`
 * when the clock is more than five minutes behind the last publication: nothing is signed then.
 * A retired list is left as it is.
 */
export async function publishStatusList(
  deps: PublishStatusListDeps,
  id: StatusListId,
): Promise<Date> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const at = await publishOnce(deps, id);
    if (at !== null) return at;
  }
  throw new SealwrightError('conflict-retry', 'A status list is being published elsewhere.');
}

async function publishOnce(deps: PublishStatusListDeps, id: StatusListId): Promise<Date | null> {
  const list = await deps.status.findList(id);
  if (list === null) throw new TypeError(`There is no status list ${id}.`);
  if (list.retiredAt !== null) return list.publishedAt ?? list.retiredAt;
  const exceptions = await deps.status.readExceptions(id);
  const issuer = await deps.issuers.find(list.organizationId);
  const validFrom = nextValidFrom(list, deps.clock.now());
  const unsigned = await buildStatusLists({ issuer, list, exceptions, validFrom });
  const drafts = await signLists(deps.signer, { issuer, list, validFrom, unsigned });
  return deps.work.run(async (stores) => {
    // A list is the word of the key that is active when it is published.
    if (!(await stores.keys.holdActive(issuer.key.id))) {
      deps.issuers.forget(list.organizationId);
      return null;
    }
    const publication = { revision: list.revision, at: validFrom };
    if (!(await stores.status.recordPublication(id, publication))) return null;
    await publishDocuments(stores, { drafts, at: validFrom });
    return validFrom;
  });
}

function nextValidFrom(list: StatusList, now: Date): Date {
  const { publishedAt } = list;
  if (publishedAt === null) return now;
  if (now.getTime() < publishedAt.getTime() - clockToleranceMs) throw clockBehind(publishedAt, now);
  return new Date(Math.max(now.getTime(), publishedAt.getTime() + 1));
}

function clockBehind(publishedAt: Date, now: Date): SealwrightError {
  return new SealwrightError(
    'clock-behind',
    `The clock says ${now.toISOString()}, and a list was published as of ${publishedAt.toISOString()}. Nothing is signed before the clock is set.`,
  );
}

async function signLists(
  signer: Signer,
  lists: {
    issuer: Issuer;
    list: StatusList;
    validFrom: Date;
    unsigned: UnsignedStatusLists;
  },
): Promise<readonly DocumentDraft[]> {
  const { unsigned, validFrom } = lists;
  const { key, organization } = lists.issuer;
  const urls = statusUrls(organization.baseUrl, lists.list.number);
  const sign = (payload: object) =>
    signer.signCredential({ key, payload: JSON.stringify(payload) });
  const token = await signer.signStatusToken({ key, payload: JSON.stringify(unsigned.token) });
  return [
    draftOf(urls.revocation, 'application/vc+jwt', await sign(unsigned.revocation), validFrom),
    draftOf(urls.suspension, 'application/vc+jwt', await sign(unsigned.suspension), validFrom),
    draftOf(urls.token, 'application/statuslist+jwt', token, validFrom),
  ];
}

function draftOf(
  url: string,
  mediaType: DocumentMediaType,
  jwt: string,
  validFrom: Date,
): DocumentDraft {
  return {
    path: pathOf(url),
    mediaType,
    body: new TextEncoder().encode(jwt),
    cacheControl: cacheControls.statusList,
    expiresAt: new Date(validFrom.getTime() + statusListValidityMs),
    link: null,
    keepsVersions: false,
  };
}
