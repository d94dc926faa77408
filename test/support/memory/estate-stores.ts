import type { Agent, AgentId } from '../../../src/agents/agent.ts';
import type { DepartedOwner } from '../../../src/estate/departed-owner.ts';
import type { EstateReaders, EstateStores } from '../../../src/estate/estate-store.ts';
import type { EstateFinding, FindingCount, FindingId } from '../../../src/estate/finding.ts';
import type {
  FindingFilter,
  FindingReader,
  FindingStore,
} from '../../../src/estate/finding-store.ts';
import type { ImportReader, ImportStore } from '../../../src/estate/import-store.ts';
import type {
  ImportedCredential,
  ImportId,
  OutsideFinding,
  TrustedIssuer,
} from '../../../src/estate/imported-credential.ts';
import type { OwnerReader, OwnerStore } from '../../../src/estate/owner-store.ts';
import type { EstateRule, RuleId } from '../../../src/estate/rule.ts';
import type { RuleReader, RuleStore } from '../../../src/estate/rule-store.ts';
import type { AgentSighting, ClientSighting } from '../../../src/estate/sighting.ts';
import type {
  NeglectFilter,
  SightingReader,
  SightingStore,
} from '../../../src/estate/sighting-store.ts';
import type { PageRequest } from '../../../src/kernel/page.ts';
import { SealwrightError } from '../../../src/kernel/sealwright-error.ts';
import type { OrganizationId } from '../../../src/organizations/organization.ts';
import type { EstateState } from './estate-state.ts';
import { MemoryInventoryReader } from './inventory-reader.ts';
import { byId, type StateSource } from './memory-state.ts';

export function memoryEstateStores(state: StateSource): EstateStores {
  return {
    owners: new MemoryOwnerStore(state),
    imports: new MemoryImportStore(state),
    rules: new MemoryRuleStore(state),
    findings: new MemoryFindingStore(state),
    sightings: new MemorySightingStore(state),
  };
}

export function memoryEstateReaders(state: StateSource): EstateReaders {
  return {
    owners: new MemoryOwnerReader(state),
    imports: new MemoryImportReader(state),
    rules: new MemoryRuleReader(state),
    findings: new MemoryFindingReader(state),
    sightings: new MemorySightingReader(state),
    inventory: new MemoryInventoryReader(state),
  };
}

class MemoryEstate {
  protected readonly state: StateSource;

  constructor(state: StateSource) {
    this.state = state;
  }

  protected estate(): EstateState {
    return this.state().estate;
  }
}

class MemoryOwnerReader extends MemoryEstate implements OwnerReader {
  async listDeparted(organizationId: OrganizationId): Promise<readonly DepartedOwner[]> {
    return [...this.estate().departed.values()]
      .filter((one) => one.organizationId === organizationId)
      .sort((one, other) => (one.owner < other.owner ? -1 : 1))
      .map(({ owner, reason, departedAt }) => ({ owner, reason, departedAt }));
  }
}

class MemoryOwnerStore extends MemoryOwnerReader implements OwnerStore {
  async insertDeparted(organizationId: OrganizationId, departed: DepartedOwner): Promise<boolean> {
    const key = `${organizationId} ${departed.owner}`;
    if (this.estate().departed.has(key)) return false;
    this.estate().departed.set(key, { organizationId, ...departed });
    return true;
  }

  async deleteDeparted(organizationId: OrganizationId, owner: string): Promise<boolean> {
    return this.estate().departed.delete(`${organizationId} ${owner}`);
  }
}

class MemoryImportReader extends MemoryEstate implements ImportReader {
  async listTrusted(organizationId: OrganizationId): Promise<readonly TrustedIssuer[]> {
    return [...this.estate().trusted.values()]
      .filter((one) => one.organizationId === organizationId)
      .sort((one, other) => (one.issuer < other.issuer ? -1 : 1))
      .map(({ issuer, credentialTypes, createdAt }) => ({ issuer, credentialTypes, createdAt }));
  }

  async findImport(
    organizationId: OrganizationId,
    id: ImportId,
  ): Promise<ImportedCredential | null> {
    const found = this.estate().imports.get(id);
    return found?.organizationId === organizationId ? found : null;
  }

  async listImports(agentIds: readonly AgentId[]): Promise<readonly ImportedCredential[]> {
    return this.all().filter(({ agentId }) => agentIds.includes(agentId));
  }

  async listUnchecked(
    order: { readonly before: Date; readonly at: Date },
    limit: number,
  ): Promise<readonly ImportedCredential[]> {
    return this.all()
      .filter(({ checkedAt, validUntil }) => checkedAt < order.before && validUntil > order.at)
      .sort((one, other) => one.checkedAt.getTime() - other.checkedAt.getTime())
      .slice(0, limit);
  }

  protected all(): readonly ImportedCredential[] {
    return [...this.estate().imports.values()].sort(byId);
  }
}

class MemoryImportStore extends MemoryImportReader implements ImportStore {
  async putTrusted(organizationId: OrganizationId, trusted: TrustedIssuer): Promise<void> {
    const key = `${organizationId} ${trusted.issuer}`;
    const { createdAt } = this.estate().trusted.get(key) ?? trusted;
    this.estate().trusted.set(key, { organizationId, ...trusted, createdAt });
  }

  async deleteTrusted(organizationId: OrganizationId, issuer: string): Promise<boolean> {
    return this.estate().trusted.delete(`${organizationId} ${issuer}`);
  }

  async insertImport(imported: ImportedCredential): Promise<boolean> {
    const { agentId, sha256 } = imported;
    if (this.all().some((one) => one.agentId === agentId && one.sha256 === sha256)) return false;
    this.estate().imports.set(imported.id, imported);
    return true;
  }

  async deleteImport(id: ImportId): Promise<void> {
    this.estate().imports.delete(id);
  }

  async recordCheck(id: ImportId, found: OutsideFinding & { readonly at: Date }): Promise<void> {
    const imported = this.estate().imports.get(id);
    if (imported === undefined) return;
    const { state, cause, at } = found;
    this.estate().imports.set(id, { ...imported, state, cause, checkedAt: at });
  }

  async rejectFrom(
    organizationId: OrganizationId,
    order: { readonly issuer: string; readonly cause: string; readonly at: Date },
  ): Promise<readonly ImportedCredential[]> {
    const { issuer, cause, at } = order;
    const own = this.all()
      .filter((one) => one.organizationId === organizationId && one.issuer === issuer)
      .filter(({ state }) => state !== 'rejected');
    for (const { id } of own) await this.recordCheck(id, { state: 'rejected', cause, at });
    return this.all().filter(({ id }) => own.some((one) => one.id === id));
  }
}

class MemoryRuleReader extends MemoryEstate implements RuleReader {
  async listRules(organizationIds: readonly OrganizationId[]): Promise<readonly EstateRule[]> {
    return [...this.estate().rules.values()]
      .filter(({ organizationId }) => organizationIds.includes(organizationId))
      .sort(byId);
  }

  async findRule(organizationId: OrganizationId, id: RuleId): Promise<EstateRule | null> {
    const found = this.estate().rules.get(id);
    return found?.organizationId === organizationId ? found : null;
  }
}

class MemoryRuleStore extends MemoryRuleReader implements RuleStore {
  async putRule(rule: EstateRule): Promise<void> {
    const { id, organizationId, name } = rule;
    const isTaken = [...this.estate().rules.values()].some(
      (one) => one.id !== id && one.organizationId === organizationId && one.name === name,
    );
    if (isTaken) {
      throw new SealwrightError('rule-name-taken', `There is a rule called ${name} already.`);
    }
    this.estate().rules.set(id, rule);
  }

  async deleteRule(id: RuleId): Promise<void> {
    this.estate().rules.delete(id);
  }
}

class MemoryFindingReader extends MemoryEstate implements FindingReader {
  async listFindings(filter: FindingFilter, page: PageRequest): Promise<readonly EstateFinding[]> {
    const { organizationId, state, ruleId, agentId } = filter;
    return this.all()
      .filter((one) => one.organizationId === organizationId)
      .filter((one) => state === undefined || one.state === state)
      .filter((one) => ruleId === undefined || one.ruleId === ruleId)
      .filter((one) => agentId === undefined || one.agentId === agentId)
      .filter(({ id }) => page.after === undefined || id > page.after)
      .slice(0, page.limit);
  }

  async listOpen(agentIds: readonly AgentId[]): Promise<readonly EstateFinding[]> {
    return this.all().filter(
      ({ agentId, state }) => state === 'open' && agentIds.includes(agentId),
    );
  }

  async countOpen(): Promise<readonly FindingCount[]> {
    return [...this.estate().rules.values()].sort(byId).map(({ id }) => {
      const own = this.all().filter(({ ruleId, state }) => ruleId === id && state === 'open');
      return { ruleId: id, open: own.length };
    });
  }

  protected all(): readonly EstateFinding[] {
    return [...this.estate().findings.values()].sort(byId);
  }
}

class MemoryFindingStore extends MemoryFindingReader implements FindingStore {
  async takeDue(at: Date, limit: number): Promise<readonly AgentId[]> {
    const due = [...this.state().agents.values()]
      .sort(byId)
      .filter((agent) => this.#isDue(agent, at))
      .slice(0, limit);
    for (const { id, organizationId, papersRevision, publishedRevision } of due) {
      const estateRevision = this.estate().revisions.get(organizationId) ?? 0;
      const dueAt = new Date(8.64e15);
      const judgement = { papersRevision, publishedRevision, estateRevision, dueAt };
      this.estate().judgements.set(id, judgement);
    }
    return due.map(({ id }) => id);
  }

  async recordDueTimes(
    times: readonly { readonly agentId: AgentId; readonly dueAt: Date }[],
  ): Promise<void> {
    for (const { agentId, dueAt } of times) await this.#setDue(agentId, dueAt);
  }

  async makeDue(agentId: AgentId, at: Date): Promise<void> {
    await this.#setDue(agentId, at);
  }

  async makeAllDue(organizationId: OrganizationId): Promise<void> {
    const revision = this.estate().revisions.get(organizationId) ?? 0;
    this.estate().revisions.set(organizationId, revision + 1);
  }

  async insertFindings(findings: readonly EstateFinding[]): Promise<void> {
    for (const finding of findings) this.estate().findings.set(finding.id, finding);
  }

  async updateDetail(id: FindingId, detail: string): Promise<void> {
    const finding = this.estate().findings.get(id);
    if (finding !== undefined) this.estate().findings.set(id, { ...finding, detail });
  }

  async resolve(ids: readonly FindingId[], at: Date): Promise<void> {
    for (const finding of this.all()) {
      if (finding.state !== 'open' || !ids.includes(finding.id)) continue;
      this.estate().findings.set(finding.id, { ...finding, state: 'resolved', resolvedAt: at });
    }
  }

  async resolveAllOf(ruleId: RuleId, at: Date): Promise<void> {
    const own = this.all().filter((finding) => finding.ruleId === ruleId);
    await this.resolve(
      own.map(({ id }) => id),
      at,
    );
  }

  async #setDue(agentId: AgentId, dueAt: Date): Promise<void> {
    const never = { papersRevision: -1, publishedRevision: -1, estateRevision: -1 };
    const judgement = this.estate().judgements.get(agentId) ?? never;
    this.estate().judgements.set(agentId, { ...judgement, dueAt });
  }

  #isDue(agent: Agent, at: Date): boolean {
    const revision = this.estate().revisions.get(agent.organizationId);
    if (revision === undefined) return false;
    const judgement = this.estate().judgements.get(agent.id);
    return (
      judgement === undefined ||
      judgement.dueAt <= at ||
      judgement.papersRevision !== agent.papersRevision ||
      judgement.publishedRevision !== agent.publishedRevision ||
      judgement.estateRevision !== revision
    );
  }
}

class MemorySightingReader extends MemoryEstate implements SightingReader {
  async listSightings(agentIds: readonly AgentId[]): Promise<readonly AgentSighting[]> {
    return [...this.estate().sightings.values()]
      .filter(({ agentId }) => agentIds.includes(agentId))
      .sort((one, other) => (one.agentId < other.agentId ? -1 : 1));
  }

  async listNeglected(filter: NeglectFilter, page: PageRequest): Promise<readonly AgentId[]> {
    return [...this.state().agents.values()]
      .filter(({ organizationId }) => organizationId === filter.organizationId)
      .filter(({ state }) => state !== 'retired')
      .filter(({ id }) => page.after === undefined || id > page.after)
      .filter((agent) => this.#isNeglected(agent, filter))
      .sort(byId)
      .map(({ id }) => id)
      .slice(0, page.limit);
  }

  #isNeglected(agent: Agent, { departed, endsBefore, unseenSince, at }: NeglectFilter): boolean {
    const ends = (moment: Date | null) =>
      endsBefore !== null && moment !== null && moment > at && moment < endsBefore;
    const facets = [...this.state().credentials.values()].filter(
      ({ agentId, type, sealing }) =>
        agentId === agent.id && type !== 'passport' && sealing === 'sealed',
    );
    return (
      (departed && agent.owners.some((owner) => this.#isGone(agent, owner))) ||
      ends(agent.expiresAt) ||
      facets.some(({ validUntil }) => ends(validUntil)) ||
      (unseenSince !== null && agent.createdAt < unseenSince && this.#isUnseen(agent, unseenSince))
    );
  }

  #isGone({ organizationId }: Agent, owner: string): boolean {
    return this.estate().departed.has(`${organizationId} ${owner.toLowerCase()}`);
  }

  #isUnseen({ id }: Agent, since: Date): boolean {
    const { fetchedOn, verifiedAt } = this.estate().sightings.get(id) ?? {};
    return ![fetchedOn, verifiedAt].some((moment) => moment instanceof Date && moment >= since);
  }
}

class MemorySightingStore extends MemorySightingReader implements SightingStore {
  async recordFetches(sightings: readonly ClientSighting[]): Promise<void> {
    this.#record('fetchedOn', sightings);
  }

  async recordVerifications(sightings: readonly ClientSighting[]): Promise<void> {
    this.#record('verifiedAt', sightings);
  }

  #record(member: 'fetchedOn' | 'verifiedAt', sightings: readonly ClientSighting[]): void {
    for (const { clientId, at } of sightings) {
      const agent = [...this.state().agents.values()].find((one) => one.clientId === clientId);
      if (agent === undefined) continue;
      const none = { agentId: agent.id, fetchedOn: null, verifiedAt: null };
      const known: AgentSighting = this.estate().sightings.get(agent.id) ?? none;
      const last = known[member];
      const latest = last === null || last < at ? at : last;
      this.estate().sightings.set(agent.id, { ...known, [member]: latest });
    }
  }
}
