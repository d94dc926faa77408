import type { AgentId } from '../../../src/agents/agent.ts';
import type {
  AccessFilter,
  AccessReader,
  PermittedAgent,
} from '../../../src/credentials/access-store.ts';
import type { CredentialRecord } from '../../../src/credentials/credential.ts';
import { type NamedScope, namedScopes } from '../../../src/credentials/named-scopes.ts';
import type { PageRequest } from '../../../src/kernel/page.ts';
import { reaches } from '../../../src/organizations/api-token.ts';
import { byId, type StateSource } from './memory-state.ts';

export class MemoryAccessReader implements AccessReader {
  readonly #state: StateSource;

  constructor(state: StateSource) {
    this.#state = state;
  }

  async listPermitted(filter: AccessFilter, page: PageRequest): Promise<readonly PermittedAgent[]> {
    const { organizationId, scope, at } = filter;
    const held = [...this.#state().credentials.values()]
      .filter((record) => record.organizationId === organizationId && this.#isInForce(record, at))
      .sort(byId);
    const naming = (effect: NamedScope['effect']) =>
      held.filter((record) =>
        namedScopes(record).some((named) => named.effect === effect && named.scope === scope),
      );
    const denied = new Set(naming('deny').map(({ agentId }) => agentId));
    const allowed = new Map<AgentId, CredentialRecord>();
    for (const record of naming('allow').toReversed()) allowed.set(record.agentId, record);
    return [...allowed]
      .filter(([agentId]) => !denied.has(agentId) && this.#wasActive(agentId, at))
      .filter(([agentId]) => this.#isReached(agentId, filter))
      .filter(([agentId]) => page.after === undefined || agentId > page.after)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([agentId, { id }]) => ({ agentId, credentialId: id }))
      .slice(0, page.limit);
  }

  #isReached(agentId: AgentId, { reach }: AccessFilter): boolean {
    const agent = this.#state().agents.get(agentId);
    return agent !== undefined && reaches(reach, agent);
  }

  #wasActive(agentId: AgentId, at: Date): boolean {
    const taken = this.#state()
      .agentStates.filter((change) => change.agentId === agentId && change.since <= at)
      .sort((one, other) => one.since.getTime() - other.since.getTime());
    return taken.at(-1)?.state === 'active';
  }

  #isInForce(record: CredentialRecord, at: Date): boolean {
    const { entries, endedSuspensions } = this.#state();
    const entry = entries.get(record.id);
    const began = (moment: Date | null | undefined) => moment instanceof Date && moment <= at;
    return (
      record.sealing === 'sealed' &&
      record.createdAt <= at &&
      record.validFrom <= at &&
      record.validUntil > at &&
      ![entry?.revokedAt, entry?.suspendedAt, entry?.agentSuspendedAt].some(began) &&
      !endedSuspensions.some(
        ({ holder, beganAt, endedAt }) => holder === record.id && beganAt <= at && endedAt > at,
      )
    );
  }
}
