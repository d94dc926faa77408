import type { TokenId } from '../../../src/organizations/api-token.ts';
import type { OrganizationId } from '../../../src/organizations/organization.ts';
import type {
  Exchange,
  ExchangeReader,
  ExchangeStore,
} from '../../../src/workloads/exchange-store.ts';
import type { WorkloadRule, WorkloadRuleId } from '../../../src/workloads/workload-rule.ts';
import type {
  IssuerName,
  WorkloadRuleReader,
  WorkloadRuleStore,
} from '../../../src/workloads/workload-rule-store.ts';
import { byId, type StateSource } from './memory-state.ts';

export class MemoryWorkloadRuleReader implements WorkloadRuleReader {
  protected readonly state: StateSource;

  constructor(state: StateSource) {
    this.state = state;
  }

  async list(organizationId: OrganizationId): Promise<readonly WorkloadRule[]> {
    return this.#rules().filter((rule) => rule.organizationId === organizationId);
  }

  async listByIssuers(issuers: readonly IssuerName[]): Promise<readonly WorkloadRule[]> {
    return this.#rules().filter((rule) =>
      issuers.some(({ kind, issuer }) => kind === rule.kind && issuer === rule.issuer),
    );
  }

  #rules(): readonly WorkloadRule[] {
    return [...this.state().workloadRules.values()].sort(byId);
  }
}

export class MemoryWorkloadRuleStore extends MemoryWorkloadRuleReader implements WorkloadRuleStore {
  async insert(rule: WorkloadRule): Promise<void> {
    this.state().workloadRules.set(rule.id, rule);
  }

  async remove(organizationId: OrganizationId, id: WorkloadRuleId): Promise<WorkloadRule | null> {
    const rule = this.state().workloadRules.get(id);
    if (rule?.organizationId !== organizationId) return null;
    this.state().workloadRules.delete(id);
    return rule;
  }

  async use(id: WorkloadRuleId, at: Date): Promise<boolean> {
    const rule = this.state().workloadRules.get(id);
    if (rule === undefined) return false;
    this.state().workloadRules.set(id, { ...rule, lastUsedAt: at });
    return true;
  }
}

export class MemoryExchangeReader implements ExchangeReader {
  protected readonly state: StateSource;

  constructor(state: StateSource) {
    this.state = state;
  }

  async listTokens(ruleId: WorkloadRuleId): Promise<readonly TokenId[]> {
    const exchanges = [...this.state().exchanges.values()];
    return exchanges.flatMap((one) => (one.ruleId === ruleId ? [one.tokenId] : [])).sort();
  }
}

export class MemoryExchangeStore extends MemoryExchangeReader implements ExchangeStore {
  async record(exchange: Exchange): Promise<boolean> {
    const { exchanges } = this.state();
    if (exchanges.has(exchange.key)) return false;
    exchanges.set(exchange.key, exchange);
    return true;
  }

  async forgetEnded(before: Date, limit: number): Promise<number> {
    const { exchanges, tokens } = this.state();
    const ended = [...exchanges.values()]
      .filter(({ endsAt }) => endsAt < before)
      .sort((one, other) => one.endsAt.getTime() - other.endsAt.getTime())
      .slice(0, limit);
    for (const { key, tokenId } of ended) {
      exchanges.delete(key);
      tokens.delete(tokenId);
    }
    return ended.length;
  }
}
