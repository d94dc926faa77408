import type { AgentReader } from '../agents/agent-store.ts';
import type { Clock } from '../kernel/clock.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import { type KeyRotation, planSteps } from '../keys/key-rotation.ts';
import type { KeyReader } from '../keys/key-store.ts';
import type { RotationReader } from '../keys/rotation-store.ts';
import type { SigningKey } from '../keys/signing-key.ts';
import { findAgent } from './find-agent.ts';
import type { AgentKeys, RotationOutlook } from './key-cases.ts';
import type { AgentRef } from './registry.ts';

/** Readers alone. */
export interface ReadKeysDeps {
  readonly agents: AgentReader;
  readonly keys: KeyReader;
  readonly rotations: RotationReader;
  readonly clock: Clock;
}

/** The keys of an agent as they stand, with the rotation that is under way. */
export async function readKeys(deps: ReadKeysDeps, input: AgentRef): Promise<AgentKeys> {
  const agent = await findAgent(deps, input);
  const [keys, rotation] = await Promise.all([
    deps.keys.listByDids([agent.did]),
    deps.rotations.find(agent.id),
  ]);
  return { agent, keys, rotation: rotation && outlookOf(rotation, keys, deps.clock.now()) };
}

/** The key of an agent with this thumbprint. Throws `key-not-found`. */
export function keyAmong(keys: readonly SigningKey[], thumbprint: string): SigningKey {
  const key = keys.find((candidate) => candidate.thumbprint === thumbprint);
  if (key !== undefined) return key;
  throw new SealwrightError('key-not-found', 'The agent has no key with this thumbprint.');
}

function outlookOf(rotation: KeyRotation, keys: readonly SigningKey[], now: Date): RotationOutlook {
  const steps = planSteps(rotation, now);
  const momentOf = (name: (typeof steps)[number]['step']): Date | null =>
    steps.find(({ step }) => step === name)?.at ?? null;
  const thumbprintOf = (id: SigningKey['id']): string | null =>
    keys.find((key) => key.id === id)?.thumbprint ?? null;
  return {
    former: thumbprintOf(rotation.formerKeyId),
    next: thumbprintOf(rotation.newKeyId),
    startedAt: rotation.startedAt,
    overlapS: rotation.overlapS,
    steps,
    usableFrom: momentOf('activated'),
    safeToRetireAt: momentOf('retired'),
  };
}
