import type { AgentId } from '../agents/agent.ts';
import type { KeyRotation } from './key-rotation.ts';

/** Reads the rotations that are under way. */
export interface RotationReader {
  find(agentId: AgentId): Promise<KeyRotation | null>;
  /**
   * Agents whose next step may be taken at `at`, the longest due first. An agent that is not active,
   * or past its end, gets no papers, and its rotation waits.
   */
  listDue(at: Date, limit: number): Promise<readonly AgentId[]>;
}

/** Writes rotations, inside a unit of work. */
export interface RotationStore extends RotationReader {
  /** Throws `rotation-under-way` when the agent has one already. */
  insert(rotation: KeyRotation): Promise<void>;
  /** Records that a step was taken, and that the documents which show it are owed. */
  take(agentId: AgentId, taken: Pick<KeyRotation, 'step' | 'waitS'>): Promise<void>;
  /** Records when the documents of these agents were published, where they were owed. */
  show(agentIds: readonly AgentId[], at: Date): Promise<void>;
  /** Ends the rotation, if there is one. */
  remove(agentId: AgentId): Promise<void>;
}
