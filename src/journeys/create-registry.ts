import type { Agent } from '../agents/agent.ts';
import type { AgentReader } from '../agents/agent-store.ts';
import type { AuditReader } from '../audit/audit-trail.ts';
import { agentUrls } from '../cimd/client-document.ts';
import type { AccessReader } from '../credentials/access-store.ts';
import type { Credential } from '../credentials/credential.ts';
import type { CredentialReader } from '../credentials/credential-store.ts';
import type { CustomTypeReader, CustomTypeStore } from '../credentials/custom-type-store.ts';
import { facetUrl } from '../credentials/publish-credential.ts';
import type { IdentityProvider } from '../dids/identity-provider.ts';
import type { EnrolmentReader } from '../enrolments/enrolment-store.ts';
import type { TemplateReader, TemplateStore } from '../enrolments/template-store.ts';
import type { EstateStores } from '../estate/estate-store.ts';
import type { SubscriptionStores } from '../events/find-subscription.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { KeySeal } from '../keys/key-seal.ts';
import type { KeyReader } from '../keys/key-store.ts';
import type { RotationReader } from '../keys/rotation-store.ts';
import { hashToken, isUsable, type TokenReach } from '../organizations/api-token.ts';
import type { ApiTokenReader, ApiTokenStore } from '../organizations/api-token-store.ts';
import { createApiToken } from '../organizations/create-api-token.ts';
import type { Organization } from '../organizations/organization.ts';
import type { OrganizationStore } from '../organizations/organization-store.ts';
import { revokeApiToken } from '../organizations/revoke-api-token.ts';
import { updateOrganization } from '../organizations/update-organization.ts';
import { pathOf } from '../publication/public-document.ts';
import type { PublicDocumentReader } from '../publication/public-document-store.ts';
import { answerOnce } from '../requests/answer-once.ts';
import type { RememberedRequestStore } from '../requests/remembered-request-store.ts';
import type { StatusReader } from '../status/status-store.ts';
import { answerAccess } from './answer-access.ts';

import { bindApplyCases } from './apply-cases.ts';
import { bindAssertionCases } from './assertion-cases.ts';
import { type AuditCasesDeps, bindAuditCases } from './audit-cases.ts';
import { bindBulkCases } from './bulk-cases.ts';

import { resumeAgent, retireAgent, suspendAgent } from './change-agent-state.ts';
import { resumeCredential, revokeCredential, suspendCredential } from './change-credential.ts';
import { bindEnrolmentCases } from './enrolment-cases.ts';
import { bindEstateCases, type EstateCasesDeps } from './estate-cases.ts';
import { bindEventCases, type EventCasesDeps } from './event-cases.ts';
import { findAgent } from './find-agent.ts';
import { findCredential } from './find-credential.ts';
import { issueCredential, renewCredential } from './issue-credential.ts';
import type { IssuePapers } from './issue-papers.ts';
import { bindIssuerKeyCases } from './issuer-key-cases.ts';
import { bindKeyCases } from './key-cases.ts';
import { onboardAgent } from './onboard-agent.ts';
import { bindOrganizationCases } from './organization-cases.ts';
import type { PapersDeps, PapersStores } from './papers.ts';
import type { CreateTokenInput, Registry } from './registry.ts';
import { bindSchemaCases } from './schema-cases.ts';
import { bindTemplateCases } from './template-cases.ts';
import { updateAgent } from './update-agent.ts';
import {
  bindWorkloadCases,
  type WorkloadCasesDeps,
  type WorkloadStores,
} from './workload-cases.ts';

const mostVersions = 200;

/** Every port that the registry's use cases need, wired once by the composition root. */
export interface RegistryDeps
  extends Omit<PapersDeps, 'work'>,
    Omit<WorkloadCasesDeps, 'work'>,
    Omit<EstateCasesDeps, 'work'>,
    Omit<EventCasesDeps, 'work'>,
    AuditCasesDeps {
  readonly work: UnitOfWork<
    PapersStores &
      WorkloadStores &
      EstateStores &
      SubscriptionStores & {
        readonly organizations: OrganizationStore;
        readonly tokens: ApiTokenStore;
        readonly templates: TemplateStore;
        readonly customTypes: CustomTypeStore;
        readonly requests: RememberedRequestStore;
      }
  >;
  readonly identities: IdentityProvider;
  readonly seal: KeySeal;
  readonly issuePapers: IssuePapers;
  readonly issuers: PapersDeps['issuers'];
  readonly agents: AgentReader;
  readonly keys: KeyReader;
  readonly rotations: RotationReader;
  readonly credentials: CredentialReader;
  readonly status: StatusReader;
  readonly documents: PublicDocumentReader;
  readonly tokens: ApiTokenReader;
  readonly enrolments: EnrolmentReader;
  readonly templates: TemplateReader;
  readonly customTypes: CustomTypeReader;
  readonly audit: AuditReader;
  readonly access: AccessReader;
  /** Up to so many agents have their documents when a change is answered; 256 unless given. */
  readonly agentsAwaited?: number;
}

/** Binds the use cases to their ports. */
export function createRegistry(deps: RegistryDeps): Registry {
  return {
    ...agentCases(deps),
    ...credentialCases(deps),
    ...officeCases(deps),
    ...bindEnrolmentCases(deps),
    ...bindTemplateCases(deps),
    ...bindSchemaCases(deps),
    ...bindApplyCases(deps),
    ...bindBulkCases(deps),
    ...bindKeyCases(deps),
    ...bindAssertionCases(deps),
    ...bindWorkloadCases(deps),
    ...bindIssuerKeyCases(deps),
    ...bindOrganizationCases(deps),
    ...bindEstateCases(deps),
    ...bindEventCases(deps),
    ...bindAuditCases(deps),
  };
}

function agentCases(deps: RegistryDeps) {
  return {
    enrolAgent: (input) => onboardAgent(deps, input),
    updateAgent: (input) => updateAgent(deps, input),
    suspendAgent: (input) => suspendAgent(deps, input),
    resumeAgent: (input) => resumeAgent(deps, input),
    retireAgent: (input) => retireAgent(deps, input),
    findAgent: (input) => findAgent(deps, input),
    findAgentLint: async (input) => deps.agents.findLint((await findAgent(deps, input)).id),
    listAgents: (filter, page) => deps.agents.list(filter, page),
    findAgents: (ids) => deps.agents.findMany(ids),
    listAgentDocuments: async (input) => {
      const agent = await findAgent(deps, input);
      const { organization } = await deps.issuers.find(agent.organizationId);
      const prefix = `${pathOf(agentUrls(organization, agent.handle).page)}/`;
      return deps.documents.listVersions(prefix, mostVersions);
    },
  } satisfies Partial<Registry>;
}

function credentialCases(deps: RegistryDeps) {
  return {
    issueCredential: (input) => issueCredential(deps, input),
    renewCredential: (input) => renewCredential(deps, input),
    revokeCredential: (input) => revokeCredential(deps, input),
    suspendCredential: (input) => suspendCredential(deps, input),
    resumeCredential: (input) => resumeCredential(deps, input),
    findCredential: (input) => findCredential(deps, input),
    listCredentials: (filter, page) => deps.credentials.list(filter, page),
    credentialUrl: (credential) => credentialUrl(deps, credential),
    answerAccess: (question, page) => answerAccess(deps, question, page),
  } satisfies Partial<Registry>;
}

function officeCases(deps: RegistryDeps) {
  return {
    findOrganization: async (caller) =>
      (await deps.issuers.find(caller.organizationId)).organization,
    updateOrganization: async (input) => {
      const updated = await updateOrganization(deps, input);
      deps.issuers.forget(updated.id);
      return updated;
    },
    createToken: async (input) =>
      createApiToken(deps, { ...input, reach: await reachOf(deps, input) }),
    listTokens: (caller) => deps.tokens.list(caller.organizationId),
    revokeToken: (input) => revokeApiToken(deps, input),
    answerOnce: (input, run) => answerOnce(deps, input, run),
    authenticate: async (text, onEnded) => {
      const token = await deps.tokens.findByHash(hashToken(text));
      if (token === null || isUsable(token, deps.clock.now())) return token;
      onEnded?.(token);
      return null;
    },
  } satisfies Partial<Registry>;
}

/** An agent is named by its handle, which the caller knows, and remembered by its id. */
async function reachOf(deps: RegistryDeps, input: CreateTokenInput): Promise<TokenReach> {
  const { team = null, agent: handle = null } = input;
  const agent = handle === null ? null : await findAgent(deps, { ...input, handle });
  return { team, agentId: agent?.id ?? null };
}

async function credentialUrl(deps: RegistryDeps, credential: Credential): Promise<string | null> {
  if (credential.visibility !== 'public' || credential.sealing !== 'sealed') return null;
  const [agent] = await deps.agents.findMany([credential.agentId]);
  if (agent === undefined) return null;
  const { organization } = await deps.issuers.find(credential.organizationId);
  if (credential.type === 'passport') return passportUrl(organization, agent, credential);
  return facetUrl(organization, agent.handle, credential.id);
}

/** Where a passport is read: in the document that holds it, or beside the strict one. */
function passportUrl(organization: Organization, agent: Agent, { claims }: Credential): string {
  const { strictClientId, strictPassport } = agentUrls(organization, agent.handle);
  return claims['id'] === strictClientId ? strictPassport : agent.clientId;
}
