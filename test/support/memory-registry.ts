import type { Agent, AgentId, AgentState } from '../../src/agents/agent.ts';
import type { AuditRecord, EventId } from '../../src/audit/audit-event.ts';
import type { Credential, CredentialId } from '../../src/credentials/credential.ts';
import type {
  Caller,
  EnrolAgentInput,
  EnrolledAgent,
  Registry,
} from '../../src/journeys/registry.ts';
import type { Clock } from '../../src/kernel/clock.ts';
import { newId } from '../../src/kernel/new-id.ts';
import type { PageRequest } from '../../src/kernel/page.ts';
import { SealwrightError } from '../../src/kernel/sealwright-error.ts';
import {
  type ApiToken,
  hashToken,
  isUsable,
  mintTokenText,
  type TokenScope,
  tokenScopes,
} from '../../src/organizations/api-token.ts';
import type { Organization, OrganizationId } from '../../src/organizations/organization.ts';
import { type Did, didWebOf } from '../../src/protocol/did-web.ts';
import type { StatusListId } from '../../src/status/status-list.ts';

const dayMs = 86_400_000;

/** A registry in memory for tests of the edges: real tokens and states, no signatures. */
export class MemoryRegistry implements Registry {
  readonly organization: Organization;
  /** The methods that were called, in order. */
  readonly called: string[] = [];
  /** Thrown by the next call, whatever it is. */
  failure: Error | null = null;
  readonly agents: Agent[] = [];
  readonly credentials: Credential[] = [];
  readonly tokens: ApiToken[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock, baseUrl = 'https://id.acme.com') {
    this.#clock = clock;
    this.organization = {
      id: 'org_acme' as OrganizationId,
      baseUrl,
      did: didWebOf(baseUrl),
      name: 'Acme',
      contact: 'platform@acme.com',
      createdAt: clock.now(),
    };
  }

  /** A usable token, as text, of this organization or of another one. */
  grant(scopes: readonly TokenScope[] = tokenScopes, organization = 'org_acme'): string {
    const text = mintTokenText();
    this.tokens.push({
      id: newId('tok', this.#clock.now()),
      organizationId: organization as OrganizationId,
      name: 'test',
      scopes,
      hash: hashToken(text),
      createdAt: this.#clock.now(),
      expiresAt: null,
      revokedAt: null,
    });
    return text;
  }

  #note(name: string): void {
    this.called.push(name);
    const { failure } = this;
    this.failure = null;
    if (failure !== null) throw failure;
  }

  async findOrganization(): Promise<Organization> {
    this.#note('findOrganization');
    return this.organization;
  }

  async enrolAgent(input: EnrolAgentInput): Promise<EnrolledAgent> {
    this.#note('enrolAgent');
    if (this.agents.some(({ handle }) => handle === input.handle)) {
      throw new SealwrightError('handle-taken', 'The handle is taken.');
    }
    const agent = this.#agentOf(input);
    this.agents.push(agent);
    const privateJwk = input.key.custody === 'issued' ? { kty: 'EC', d: 'private' } : null;
    return { agent, privateJwk };
  }

  #agentOf(input: EnrolAgentInput): Agent {
    const at = this.#clock.now();
    return {
      id: newId('agt', at),
      organizationId: input.organizationId,
      handle: input.handle,
      kind: input.kind,
      state: 'active',
      clientId: `${this.organization.baseUrl}/a/${input.handle}/client.json`,
      did: `${this.organization.did}:a:${input.handle}` as Did,
      keyCustody: input.key.custody,
      expiresAt: input.expiresAt ?? null,
      createdAt: at,
      updatedAt: at,
      papersRevision: 1,
      publishedRevision: 1,
      name: input.name,
      description: input.description ?? null,
      owners: input.owners,
      team: input.team ?? null,
      tags: input.tags ?? [],
      version: input.version ?? null,
      redirectUris: input.redirectUris ?? [],
      grantTypes: input.grantTypes ?? ['authorization_code', 'client_credentials'],
      logoUri: input.logoUri ?? null,
    };
  }

  async updateAgent(input: Parameters<Registry['updateAgent']>[0]): Promise<Agent> {
    this.#note('updateAgent');
    return this.#replace(input, input.changes as Partial<Agent>);
  }

  async suspendAgent(input: Caller & { readonly handle: string }): Promise<Agent> {
    this.#note('suspendAgent');
    return this.#moveTo(input, 'suspended');
  }

  async resumeAgent(input: Caller & { readonly handle: string }): Promise<Agent> {
    this.#note('resumeAgent');
    return this.#moveTo(input, 'active');
  }

  async retireAgent(input: Caller & { readonly handle: string }): Promise<Agent> {
    this.#note('retireAgent');
    return this.#moveTo(input, 'retired');
  }

  #moveTo(input: Caller & { readonly handle: string }, state: AgentState): Agent {
    const agent = this.#agent(input);
    if (agent.state === 'retired' || agent.state === state) {
      throw new SealwrightError('agent-wrong-state', `The agent is ${agent.state}.`);
    }
    return this.#replace(input, { state });
  }

  #replace(input: Caller & { readonly handle: string }, change: Partial<Agent>): Agent {
    const agent = this.#agent(input);
    const changed = { ...agent, ...change, updatedAt: this.#clock.now() };
    this.agents[this.agents.indexOf(agent)] = changed;
    return changed;
  }

  #agent(input: Caller & { readonly handle: string }): Agent {
    const agent = this.agents.find(
      ({ handle, organizationId }) =>
        handle === input.handle && organizationId === input.organizationId,
    );
    if (agent !== undefined) return agent;
    throw new SealwrightError('agent-not-found', 'There is no agent with this handle.');
  }

  async findAgent(input: Caller & { readonly handle: string }): Promise<Agent> {
    this.#note('findAgent');
    return this.#agent(input);
  }

  async listAgents(
    filter: Parameters<Registry['listAgents']>[0],
    page: PageRequest,
  ): Promise<readonly Agent[]> {
    this.#note('listAgents');
    const { organizationId, state, text } = filter;
    return slice(
      this.agents.filter(
        (agent) =>
          agent.organizationId === organizationId &&
          (state === undefined || agent.state === state) &&
          (text === undefined || agent.name.includes(text)),
      ),
      page,
    );
  }

  async findAgents(ids: readonly AgentId[]): Promise<readonly Agent[]> {
    return this.agents.filter(({ id }) => ids.includes(id));
  }

  async listAgentDocuments(): ReturnType<Registry['listAgentDocuments']> {
    this.#note('listAgentDocuments');
    return [
      {
        path: '/a/billing-bot/client.json',
        mediaType: 'application/json',
        body: new Uint8Array(3291),
        cacheControl: 'public, max-age=300',
        expiresAt: null,
        link: null,
        keepsVersions: true,
        state: 'live',
        version: 2,
        sha256: 'digest',
        publishedAt: this.#clock.now(),
      },
    ];
  }

  async issueCredential(input: Parameters<Registry['issueCredential']>[0]): Promise<Credential> {
    this.#note('issueCredential');
    const agent = this.#agent(input);
    const at = this.#clock.now();
    const credential: Credential = {
      id: newId('crd', at),
      organizationId: input.organizationId,
      agentId: agent.id,
      type: input.type as Credential['type'],
      claims: input.claims as Credential['claims'],
      visibility: input.visibility ?? 'public',
      reason: input.reason,
      validFrom: at,
      validUntil: input.validUntil ?? new Date(at.getTime() + 90 * dayMs),
      payload: '{}',
      jwt: 'header.payload.signature',
      sealing: 'sealed',
      status: { listId: 'lst_1' as StatusListId, listNumber: 7, index: 48_211 },
      createdAt: at,
      revokedAt: null,
      suspendedAt: null,
      agentSuspendedAt: null,
    };
    this.credentials.push(credential);
    return credential;
  }

  async renewCredential(input: Parameters<Registry['renewCredential']>[0]): Promise<Credential> {
    this.#note('renewCredential');
    return this.#credential(input);
  }

  async revokeCredential(input: Parameters<Registry['revokeCredential']>[0]) {
    this.#note('revokeCredential');
    return this.#change(input, { revokedAt: this.#clock.now() });
  }

  async suspendCredential(input: Parameters<Registry['suspendCredential']>[0]) {
    this.#note('suspendCredential');
    return this.#change(input, { suspendedAt: this.#clock.now() });
  }

  async resumeCredential(input: Parameters<Registry['resumeCredential']>[0]) {
    this.#note('resumeCredential');
    return this.#change(input, { suspendedAt: null });
  }

  #change(input: Caller & { readonly id: CredentialId }, change: Partial<Credential>) {
    const credential = this.#credential(input);
    const changed = { ...credential, ...change };
    this.credentials[this.credentials.indexOf(credential)] = changed;
    return { credential: changed, publishedAt: this.#clock.now() };
  }

  #credential(input: Caller & { readonly id: CredentialId }): Credential {
    const credential = this.credentials.find(
      ({ id, organizationId }) => id === input.id && organizationId === input.organizationId,
    );
    if (credential !== undefined) return credential;
    throw new SealwrightError('credential-not-found', 'There is no credential with this id.');
  }

  async findCredential(input: Caller & { readonly id: CredentialId }): Promise<Credential> {
    this.#note('findCredential');
    return this.#credential(input);
  }

  async listCredentials(
    filter: Parameters<Registry['listCredentials']>[0],
    page: PageRequest,
  ): Promise<readonly Credential[]> {
    this.#note('listCredentials');
    return slice(
      this.credentials.filter(
        ({ organizationId, agentId }) =>
          organizationId === filter.organizationId &&
          (filter.agentId === undefined || agentId === filter.agentId),
      ),
      page,
    );
  }

  async credentialUrl(credential: Credential): Promise<string | null> {
    return credential.visibility === 'public' ? `https://id.acme.com/c/${credential.id}` : null;
  }

  async answerAccess(): ReturnType<Registry['answerAccess']> {
    this.#note('answerAccess');
    return this.credentials.flatMap((credential) => {
      const agent = this.agents.find(({ id }) => id === credential.agentId);
      return agent === undefined ? [] : [{ agent, credential }];
    });
  }

  async createToken(input: Parameters<Registry['createToken']>[0]) {
    this.#note('createToken');
    const text = this.grant(input.scopes);
    const token = this.tokens.at(-1);
    if (token === undefined) throw new TypeError('The token was just made.');
    return { token: { ...token, name: input.name, expiresAt: input.expiresAt }, text };
  }

  async listTokens(): Promise<readonly ApiToken[]> {
    this.#note('listTokens');
    return this.tokens;
  }

  async revokeToken(input: Parameters<Registry['revokeToken']>[0]): Promise<ApiToken> {
    this.#note('revokeToken');
    const at = this.tokens.findIndex(({ id }) => id === input.id);
    const token = this.tokens[at];
    if (token === undefined) throw new SealwrightError('token-not-found', 'No such token.');
    this.tokens[at] = { ...token, revokedAt: this.#clock.now() };
    return token;
  }

  async authenticate(text: string): Promise<ApiToken | null> {
    const token = this.tokens.find(({ hash }) => hash === hashToken(text));
    return token !== undefined && isUsable(token, this.#clock.now()) ? token : null;
  }

  async listAudit(
    _filter: Parameters<Registry['listAudit']>[0],
    page: PageRequest,
  ): Promise<readonly AuditRecord[]> {
    this.#note('listAudit');
    const records = [1, 2, 3].map((sequence) => ({
      sequence,
      id: `evt_${sequence}` as EventId,
      at: this.#clock.now(),
      body: JSON.stringify({ sequence, action: 'agent.onboarded' }),
      previousHash: String(sequence - 1),
      hash: String(sequence),
    }));
    return slice(records, page);
  }

  async verifyAudit(): ReturnType<Registry['verifyAudit']> {
    this.#note('verifyAudit');
    return { intact: true, records: 3, headHash: '3', brokenAt: null, detail: null };
  }
}

function slice<Row extends { readonly id: string }>(
  rows: readonly Row[],
  page: PageRequest,
): readonly Row[] {
  const sorted = rows.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return sorted
    .filter(({ id }) => page.after === undefined || id > page.after)
    .slice(0, page.limit);
}
