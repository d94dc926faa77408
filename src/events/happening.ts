import type { Agent, AgentId } from '../agents/agent.ts';
import type { AgentReader } from '../agents/agent-store.ts';
import type { AuditRecord } from '../audit/audit-event.ts';
import { agentUrls, clientIdsOf } from '../cimd/client-document.ts';
import type { Credential, CredentialId } from '../credentials/credential.ts';
import type { CredentialReader } from '../credentials/credential-store.ts';
import { didDocumentUrl } from '../dids/publish-did-document.ts';
import type { Organization } from '../organizations/organization.ts';
import { isJsonObject, parseStrictJsonObject } from '../protocol/strict-json.ts';
import { type StatusList, type StatusListId, statusUrls } from '../status/status-list.ts';
import type { StatusReader } from '../status/status-store.ts';
import { type Hold, noHold } from './delivery.ts';
import { isTold, type ToldAction } from './told-action.ts';

/** An audit record with what is to be said of it to others. */
export interface Happening {
  readonly record: AuditRecord;
  readonly action: ToldAction;
  readonly organization: Organization;
  /** The agent that it is about; null for what is about the issuer. */
  readonly agent: Agent | null;
  readonly credential: Credential | null;
  /** Public documents that changed with it, or that tell its state: to be read again. */
  readonly urls: readonly string[];
  /** What they must show before anybody is told. */
  readonly hold: Hold;
}

/** What records are read with. */
export interface HappeningReaders {
  readonly agents: AgentReader;
  readonly credentials: CredentialReader;
  readonly status: StatusReader;
}

/** What the records of a batch name. */
interface Named {
  readonly organization: Organization;
  readonly agents: ReadonlyMap<string, Agent>;
  readonly credentials: ReadonlyMap<string, Credential>;
  /** Lists by the agent that has credentials in them. */
  readonly listsOf: ReadonlyMap<AgentId, ReadonlySet<StatusListId>>;
  readonly lists: ReadonlyMap<StatusListId, StatusList>;
}

/**
 * What others are told of these records of one organization, in their order. What is not for others,
 * and what concerns an agent or credential that is not there, is left out.
 */
export async function readHappenings(
  readers: HappeningReaders,
  batch: {
    readonly organization: Organization;
    readonly records: readonly AuditRecord[];
    readonly at: Date;
  },
): Promise<readonly Happening[]> {
  const told = batch.records.filter(({ action }) => isTold(action));
  if (told.length === 0) return [];
  const named = await readNamed(readers, { ...batch, records: told });
  return told.flatMap((record) => happeningOf(record, named));
}

async function readNamed(
  readers: HappeningReaders,
  batch: Parameters<typeof readHappenings>[1],
): Promise<Named> {
  const { organization, records, at } = batch;
  const credentials = await readers.credentials.findMany(
    subjectsOf(records, 'credential.') as CredentialId[],
  );
  const agentIds = new Set([
    ...credentials.map(({ agentId }) => agentId),
    ...(subjectsOf(records, 'agent.') as AgentId[]),
    ...records.flatMap(agentOfKey),
  ]);
  const agents = await readers.agents.findMany([...agentIds]);
  const listsOf = await readListsOf(readers, records, at);
  const listIds = new Set([
    ...credentials.map(({ status }) => status.listId),
    ...[...listsOf.values()].flatMap((ids) => [...ids]),
  ]);
  const lists = await Promise.all([...listIds].map((id) => readers.status.findList(id)));
  return {
    organization,
    agents: new Map(agents.map((agent) => [agent.id, agent])),
    credentials: new Map(credentials.map((credential) => [credential.id, credential])),
    listsOf,
    lists: new Map(lists.flatMap((list) => (list === null ? [] : [[list.id, list]]))),
  };
}

/** A change of an agent's state shows in the lists of all that it holds. */
async function readListsOf(
  { credentials }: HappeningReaders,
  records: readonly AuditRecord[],
  at: Date,
): Promise<Named['listsOf']> {
  const ids = [...new Set(subjectsOf(records, 'agent.') as AgentId[])];
  const held = ids.length === 0 ? [] : await credentials.listUnexpired(ids, at);
  const listsOf = new Map<AgentId, Set<StatusListId>>();
  for (const { agentId, status } of held) {
    listsOf.set(agentId, (listsOf.get(agentId) ?? new Set()).add(status.listId));
  }
  return listsOf;
}

function subjectsOf(records: readonly AuditRecord[], prefix: string): readonly string[] {
  return records.flatMap(({ action, subject }) => (action.startsWith(prefix) ? [subject] : []));
}

/** Records about the key of an agent say in their details whose it is. */
function agentOfKey({ action, body }: AuditRecord): readonly AgentId[] {
  if (!action.startsWith('key.')) return [];
  const parsed = parseStrictJsonObject(body);
  const details = parsed.ok ? parsed.value['details'] : undefined;
  const agent = isJsonObject(details) ? details['agent'] : undefined;
  return typeof agent === 'string' ? [agent as AgentId] : [];
}

function happeningOf(record: AuditRecord, named: Named): readonly Happening[] {
  const { action } = record;
  if (!isTold(action)) return [];
  const { organization } = named;
  const told = { record, action, organization };
  if (action.startsWith('issuer-key.')) {
    const urls = [didDocumentUrl(organization.did), `${organization.baseUrl}/jwks.json`];
    return [{ ...told, agent: null, credential: null, urls, hold: noHold }];
  }
  if (action.startsWith('credential.')) {
    const credential = named.credentials.get(record.subject);
    const agent = named.agents.get(credential?.agentId ?? '');
    if (credential === undefined || agent === undefined) return [];
    return [{ ...told, agent, credential, ...shownByCredential(named, agent, credential) }];
  }
  const [keyOf = record.subject] = agentOfKey(record);
  const agent = named.agents.get(keyOf);
  if (agent === undefined) return [];
  return [{ ...told, agent, credential: null, ...shownByAgent(named, agent) }];
}

function shownByCredential(
  named: Named,
  agent: Agent,
  { status }: Credential,
): Pick<Happening, 'urls' | 'hold'> {
  const lists = listsAmong(named, [status.listId]);
  const { credentials } = agentUrls(named.organization, agent.handle);
  return {
    urls: [
      ...urlsOf(named.organization, lists),
      ...clientIdsOf(named.organization, agent),
      credentials,
    ],
    hold: { lists: lists.map(({ id, revision }) => ({ id, revision })), agent: null },
  };
}

function shownByAgent(named: Named, agent: Agent): Pick<Happening, 'urls' | 'hold'> {
  const lists = listsAmong(named, named.listsOf.get(agent.id) ?? []);
  const { jwks, did, credentials } = agentUrls(named.organization, agent.handle);
  return {
    urls: [
      ...urlsOf(named.organization, lists),
      ...clientIdsOf(named.organization, agent),
      ...[jwks, did, credentials],
    ],
    hold: {
      lists: lists.map(({ id, revision }) => ({ id, revision })),
      agent: { id: agent.id, revision: agent.papersRevision },
    },
  };
}

function listsAmong({ lists }: Named, ids: Iterable<StatusListId>): readonly StatusList[] {
  return [...ids].flatMap((id) => lists.get(id) ?? []);
}

function urlsOf({ baseUrl }: Organization, lists: readonly StatusList[]): readonly string[] {
  return lists.flatMap(({ number }) => Object.values(statusUrls(baseUrl, number)));
}
