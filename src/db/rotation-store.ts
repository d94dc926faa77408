import type { AgentId } from '../agents/agent.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { KeyRotation, RotationStep } from '../keys/key-rotation.ts';
import type { RotationReader, RotationStore } from '../keys/rotation-store.ts';
import type { KeyId } from '../keys/signing-key.ts';
import type { Connection } from './client.ts';
import { refuseDuplicate } from './database-error.ts';
import type { KeyRotation as Row } from './generated/client.ts';

/** Rotations of agents' keys, one row for each that is under way. */
export class PostgresRotationReader implements RotationReader {
  protected readonly db: Connection;

  constructor(db: Connection) {
    this.db = db;
  }

  async find(agentId: AgentId): Promise<KeyRotation | null> {
    const row = await this.db.keyRotation.findUnique({ where: { agentId } });
    return row === null ? null : toKeyRotation(row);
  }

  async listDue(at: Date, limit: number): Promise<readonly AgentId[]> {
    const rows = await this.db.$queryRaw<{ readonly id: AgentId }[]>`
      SELECT a.id FROM key_rotations r JOIN agents a ON a.id = r.agent_id
       WHERE r.due_at <= ${at}::timestamptz AND a.state = 'active'
         AND (a.expires_at IS NULL OR a.expires_at > ${at}::timestamptz)
       ORDER BY row_number() OVER (PARTITION BY a.organization_id ORDER BY r.due_at, a.id),
                r.due_at, a.id
       LIMIT ${limit}`;
    return rows.map(({ id }) => id);
  }
}

/** Writes single rows; the moment of the next step is reckoned where the documents are published. */
export class PostgresRotationStore extends PostgresRotationReader implements RotationStore {
  async insert(rotation: KeyRotation): Promise<void> {
    await refuseDuplicate(
      this.db.keyRotation.create({ data: rotation, select: { agentId: true } }),
      () => new SealwrightError('rotation-under-way', 'The agent changes its key already.'),
    );
  }

  async take(agentId: AgentId, taken: Pick<KeyRotation, 'step' | 'waitS'>): Promise<void> {
    await this.db.keyRotation.updateMany({
      where: { agentId },
      data: { ...taken, shownAt: null, dueAt: null },
    });
  }

  async show(agentIds: readonly AgentId[], at: Date): Promise<void> {
    await this.db.$executeRaw`
      UPDATE key_rotations
         SET shown_at = ${at}::timestamptz,
             due_at = ${at}::timestamptz + make_interval(secs => wait_s)
       WHERE agent_id = ANY(${agentIds}) AND shown_at IS NULL`;
  }

  async remove(agentId: AgentId): Promise<void> {
    await this.db.keyRotation.deleteMany({ where: { agentId } });
  }
}

function toKeyRotation(row: Row): KeyRotation {
  return {
    ...row,
    agentId: row.agentId as AgentId,
    formerKeyId: row.formerKeyId as KeyId,
    newKeyId: row.newKeyId as KeyId,
    step: row.step as RotationStep,
  };
}
