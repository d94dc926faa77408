import type { AgentId } from '../../../src/agents/agent.ts';
import { SealwrightError } from '../../../src/kernel/sealwright-error.ts';
import type { KeyRotation } from '../../../src/keys/key-rotation.ts';
import type { RotationReader, RotationStore } from '../../../src/keys/rotation-store.ts';
import { byTurns, type StateSource } from './memory-state.ts';

export class MemoryRotationReader implements RotationReader {
  protected readonly state: StateSource;

  constructor(state: StateSource) {
    this.state = state;
  }

  async find(agentId: AgentId): Promise<KeyRotation | null> {
    return this.state().rotations.get(agentId) ?? null;
  }

  async listDue(at: Date, limit: number): Promise<readonly AgentId[]> {
    const due = [...this.state().rotations.values()]
      .filter(({ agentId, dueAt }) => dueAt !== null && dueAt <= at && this.#isActive(agentId, at))
      .sort(byDue);
    return byTurns(due, ({ agentId }) => this.state().agents.get(agentId)?.organizationId ?? '')
      .slice(0, limit)
      .map(({ agentId }) => agentId);
  }

  #isActive(id: AgentId, at: Date): boolean {
    const agent = this.state().agents.get(id);
    return agent?.state === 'active' && (agent.expiresAt === null || agent.expiresAt > at);
  }
}

export class MemoryRotationStore extends MemoryRotationReader implements RotationStore {
  async insert(rotation: KeyRotation): Promise<void> {
    if (this.state().rotations.has(rotation.agentId)) {
      throw new SealwrightError('rotation-under-way', 'The agent changes its key already.');
    }
    this.state().rotations.set(rotation.agentId, rotation);
  }

  async take(agentId: AgentId, taken: Pick<KeyRotation, 'step' | 'waitS'>): Promise<void> {
    const rotation = this.state().rotations.get(agentId);
    if (rotation === undefined) return;
    this.state().rotations.set(agentId, { ...rotation, ...taken, shownAt: null, dueAt: null });
  }

  async show(agentIds: readonly AgentId[], at: Date): Promise<void> {
    for (const agentId of agentIds) {
      const rotation = this.state().rotations.get(agentId);
      if (rotation === undefined || rotation.shownAt !== null) continue;
      const dueAt = new Date(at.getTime() + rotation.waitS * 1_000);
      this.state().rotations.set(agentId, { ...rotation, shownAt: at, dueAt });
    }
  }

  async remove(agentId: AgentId): Promise<void> {
    this.state().rotations.delete(agentId);
  }
}

function byDue(one: KeyRotation, other: KeyRotation): number {
  const apart = (one.dueAt?.getTime() ?? 0) - (other.dueAt?.getTime() ?? 0);
  return apart === 0 ? (one.agentId < other.agentId ? -1 : 1) : apart;
}
