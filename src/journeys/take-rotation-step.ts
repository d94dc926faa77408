import type { Agent } from '../agents/agent.ts';
import type { Actor, AuditAction } from '../audit/audit-event.ts';
import {
  type KeyRotation,
  type RotationStep,
  stepAfter,
  waitSecondsAfter,
} from '../keys/key-rotation.ts';
import type { KeyState } from '../keys/signing-key.ts';
import type { PapersStores } from './papers.ts';

/** What each step that changes a key does: to which of the two, and what the audit trail calls it. */
const changes = {
  published: { key: 'newKeyId', state: 'published', action: 'key.published' },
  activated: { key: 'newKeyId', state: 'active', action: 'key.activated' },
  retired: { key: 'formerKeyId', state: 'retired', action: 'key.retired' },
  removed: { key: 'formerKeyId', state: 'destroyed', action: 'key.destroyed' },
} as const satisfies Partial<
  Record<RotationStep, { key: 'newKeyId' | 'formerKeyId'; state: KeyState; action: AuditAction }>
>;

/** The steps that change a key, and with it the documents. */
export type ChangingStep = keyof typeof changes;

/** Whether a step changes a key. The first makes one, the last only revokes. */
export function isChanging(step: RotationStep): step is ChangingStep {
  return step in changes;
}

/** Who has the next step taken, and why. */
export interface StepOrder {
  readonly agent: Agent;
  readonly rotation: KeyRotation;
  readonly actor: Actor;
  readonly reason: string | null;
  readonly at: Date;
}

/**
 * Takes the next step of a rotation, in the transaction that also plans the documents which show it.
 * Whether it is due is for the caller to know.
 */
export async function takeRotationStep(stores: PapersStores, order: StepOrder): Promise<void> {
  const { agent, rotation, actor, reason, at } = order;
  const step = stepAfter(rotation.step);
  if (!isChanging(step)) throw new TypeError(`The step ${step} changes no key.`);
  const { key, state, action } = changes[step];
  await stores.keys.change(rotation[key], { state, stateSince: at });
  const waitS = waitSecondsAfter(step, rotation.overlapS);
  await stores.rotations.take(agent.id, { step, waitS });
  await stores.audit.append([
    {
      organizationId: agent.organizationId,
      actor,
      action,
      subject: rotation[key],
      reason,
      details: { agent: agent.id },
    },
  ]);
}
