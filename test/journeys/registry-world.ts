import type { AgentId } from '../../src/agents/agent.ts';
import type { Credential, CredentialId } from '../../src/credentials/credential.ts';
import type { OutsideFinding } from '../../src/estate/imported-credential.ts';
import { judgeEstate } from '../../src/estate/judge-estate.ts';
import { createOrganization } from '../../src/journeys/create-organization.ts';
import { createRegistry } from '../../src/journeys/create-registry.ts';
import { createIssuePapers } from '../../src/journeys/issue-papers.ts';
import { keepPapers } from '../../src/journeys/keep-papers.ts';
import type { AgentPages } from '../../src/journeys/papers.ts';
import type { EnrolAgentInput, IssueCredentialInput } from '../../src/journeys/registry.ts';
import { IssuerDirectory } from '../../src/keys/issuer.ts';
import type { Signer } from '../../src/keys/signer.ts';
import type { JsonObject } from '../../src/protocol/strict-json.ts';
import type { PublicDocument } from '../../src/publication/public-document.ts';
import { publishStatusList } from '../../src/status/publish-status-list.ts';
import { StatusPublisher } from '../../src/status/status-publisher.ts';
import { createVeramoIdentityProvider } from '../../src/veramo/veramo-identity-provider.ts';
import { createVeramoSigner } from '../../src/veramo/veramo-signer.ts';
import { asJson, readsLogs } from '../credentials/made-claims.ts';
import { readSchemas } from '../credentials/read-schemas.ts';
import { SettableClock } from '../kernel/settable-clock.ts';
import { octetsOf, statesOf } from '../status/read-lists.ts';
import { MemoryDatabase } from '../support/memory/memory-database.ts';
import { quietOutside } from '../support/quiet-outside.ts';
import { newSeal } from '../veramo/made-keys.ts';

const actor = { kind: 'token', id: 'tok_1' } as const;
const seal = newSeal();
const schemas = readSchemas();

/** The page says what it was told, so that tests can read it back. */
const pages: AgentPages = {
  renderAgent: ({ agent, facets }) => `${agent.name} is ${agent.state}, facets ${facets.length}`,
  renderCallback: () => 'callback',
};

/** What a test may do in the middle of a change. */
export interface Interruptions {
  /** Runs before each signature of a credential. */
  beforeSigning: (payload: JsonObject) => Promise<void>;
}

function interruptedSigner(signer: Signer, interruptions: Interruptions): Signer {
  return {
    signCredential: async (order) => {
      await interruptions.beforeSigning(JSON.parse(order.payload));
      return signer.signCredential(order);
    },
    signClientAssertion: (order) => signer.signClientAssertion(order),
    signCheckpoint: (order) => signer.signCheckpoint(order),
    signStatusToken: (order) => signer.signStatusToken(order),
    signSecurityEvent: (order) => signer.signSecurityEvent(order),
  };
}

/**
 * A registry with its first organization, on memory and with real signatures. Identifiers sort by
 * the millisecond, so that each enrolment and each facet takes one.
 */
export async function openRegistryWorld(
  options: { readonly baseUrl?: string; readonly loopback?: boolean } = {},
) {
  const { baseUrl = 'https://id.acme.com', loopback = false } = options;
  const clock = new SettableClock('2026-11-20T12:00:00Z');
  const published: PublicDocument[] = [];
  const database = new MemoryDatabase({
    clock,
    home: new URL(baseUrl).host,
    onPublished: (documents) => published.push(...documents),
  });
  const interruptions: Interruptions = { beforeSigning: async () => {} };
  const identities = createVeramoIdentityProvider({ seal });
  const organization = await createOrganization(
    { work: database, identities, clock },
    { baseUrl, name: 'Acme', contact: 'platform@acme.com' },
  );
  const issuers = new IssuerDirectory(database.readers);
  const signer = interruptedSigner(createVeramoSigner({ seal }), interruptions);
  const lists = new StatusPublisher((id) =>
    publishStatusList(
      { work: database, status: database.readers.status, issuers, signer, clock },
      id,
    ),
  );
  const papers = { work: database, issuers, signer, schemas, lists, pages, clock, loopback };
  const issuePapers = createIssuePapers(papers);
  const outside: { finding: OutsideFinding } = { finding: { state: 'accepted', cause: null } };
  const estate = { ...quietOutside(), judgeOutside: async () => outside.finding };
  const deps = {
    ...{ ...database.readers, ...papers, ...estate },
    ...{ identities, issuePapers, seal },
  };
  const registry = createRegistry(deps);
  const caller = { organizationId: organization.id, actor };
  const reads = readersOf(database);
  return {
    ...{ clock, database, organization, caller, registry, deps, interruptions, published },
    /** What is found of outside credentials from now on. */
    outside,
    judge: () => judgeEstate(deps),
    ...reads,
    keep: () => keepPapers(deps),
    enrol: async (handle: string, changes: Partial<EnrolAgentInput> = {}) => {
      clock.moveBy(1);
      const input = { ...caller, ...plainAgent, handle, ...changes };
      return (await registry.enrolAgent(input)).agent;
    },
    issue: (handle: string, changes: Partial<IssueCredentialInput> = {}) => {
      clock.moveBy(1);
      return registry.issueCredential({ ...caller, ...plainFacet, handle, ...changes });
    },
    agent: (handle: string) => registry.findAgent({ ...caller, handle }),
    credential: (id: CredentialId) => registry.findCredential({ ...caller, id }),
    /** Passports and facets of an agent, oldest first. */
    held: (agentId: AgentId): Promise<readonly Credential[]> =>
      registry.listCredentials(
        { organizationId: organization.id, agentId, at: clock.now() },
        { limit: 100 },
      ),
  };
}

export type RegistryWorld = Awaited<ReturnType<typeof openRegistryWorld>>;

const plainAgent = {
  kind: 'agent',
  name: 'Billing Bot',
  owners: ['lead@acme.com'],
  key: { custody: 'registry' },
} as const;

const plainFacet = {
  type: 'allowed-actions',
  claims: asJson(readsLogs),
  reason: 'CHG-4711',
} as const;

/** What the world outside reads, and what an auditor does. */
function readersOf(database: MemoryDatabase) {
  const { readers } = database;
  const text = async (path: string) => {
    const document = await readers.documents.find(path);
    return new TextDecoder().decode(document?.body);
  };
  const json = async (path: string) => JSON.parse(await text(path));
  return {
    document: (path: string) => readers.documents.find(path),
    text,
    json,
    /** The payload of the passport that the agent's document carries now. */
    passport: async (handle: string) =>
      payloadOf((await json(`/a/${handle}/client.json`))['vc+jwt']),
    /** The state of a credential that the published lists show. */
    shown: async ({ status }: Pick<Credential, 'status'>) => {
      const [revocation, suspension, token] = await Promise.all(
        [`status/${status.listNumber}r`, `status/${status.listNumber}s`]
          .concat(`token-status/${status.listNumber}`)
          .map(async (path) => payloadOf(await text(`/${path}`))),
      );
      const octets = octetsOf({ revocation, suspension, token });
      return nameOf(statesOf(octets, status.index));
    },
    /** The actions of the audit trail since a sequence number. */
    audited: async (after = 0) => {
      const records = await readers.audit.readAfter(after, 1_000);
      return records.map(({ body }) => JSON.parse(body));
    },
    /** Everything a refusal must leave as it is, in a form that compares. */
    snapshot: async () => ({
      records: (await readers.audit.readAfter(0, 10_000)).length,
      documents: (await readers.documents.listVersions('/', 10_000)).length,
      lists: await readers.status.listLists(),
    }),
  };
}

export function payloadOf(jwt: string) {
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8'));
}

function nameOf(states: ReturnType<typeof statesOf>): string {
  const { revoked, suspended, token } = states;
  const names = { '0 0 0': 'valid', '1 0 1': 'revoked', '0 1 2': 'suspended' } as const;
  const key = `${revoked} ${suspended} ${token}`;
  return key in names ? names[key as keyof typeof names] : `disagreement ${key}`;
}
