import type { Agent } from '../agents/agent.ts';
import type { PlannedStep } from '../keys/key-rotation.ts';
import type { SigningKey } from '../keys/signing-key.ts';
import type { JsonObject, JsonValue } from '../protocol/strict-json.ts';
import { compromiseKey } from './compromise-key.ts';
import { type ReadKeysDeps, readKeys } from './read-keys.ts';
import type { AgentRef } from './registry.ts';
import { retireKey } from './retire-key.ts';
import { type RotateKeyDeps, rotateKey } from './rotate-key.ts';

/** How a key of an agent is replaced. */
export interface RotateKeyInput extends AgentRef {
  /** The new public key, for an agent that holds its key itself, and for no other. */
  readonly jwk?: JsonValue | undefined;
  /** How long the former key is accepted beside the new one: `P1D` or `PT10M`; a day unless given. */
  readonly overlap?: string | undefined;
}

/** One key of one agent. */
export interface KeyRef extends AgentRef {
  /** RFC 7638 thumbprint, which is also its `kid`. */
  readonly thumbprint: string;
  /** 1 to 500 characters, for the audit trail. */
  readonly reason: string;
}

/** A key that is no secret any more. */
export interface CompromiseKeyInput extends KeyRef {
  /** The public key that takes over, for an agent that holds its key itself. */
  readonly jwk?: JsonValue | undefined;
}

/** A rotation as it stands: what was done, what is to come, and when. */
export interface RotationOutlook {
  /** Thumbprint of the key that leaves; null once it is destroyed. */
  readonly former: string | null;
  readonly next: string | null;
  readonly startedAt: Date;
  readonly overlapS: number;
  readonly steps: readonly PlannedStep[];
  /** From when on the agent may authenticate with the new key. */
  readonly usableFrom: Date | null;
  /** When the former key is accepted no longer, and may be dropped. */
  readonly safeToRetireAt: Date | null;
}

/** The keys of an agent that are not destroyed, oldest first. */
export interface AgentKeys {
  readonly agent: Agent;
  readonly keys: readonly SigningKey[];
  /** null when the keys stay as they are. */
  readonly rotation: RotationOutlook | null;
}

/** Keys after a change. `privateJwk` is there once, for custody `issued` only. */
export interface ChangedKeys extends AgentKeys {
  readonly privateJwk: JsonObject | null;
}

/** What is done with the keys of agents. */
export interface KeyCases {
  listAgentKeys(input: AgentRef): Promise<AgentKeys>;
  rotateAgentKey(input: RotateKeyInput): Promise<ChangedKeys>;
  retireAgentKey(input: KeyRef): Promise<AgentKeys>;
  compromiseAgentKey(input: CompromiseKeyInput): Promise<ChangedKeys>;
}

/** Every port that the cases need. */
export type KeyCasesDeps = ReadKeysDeps & RotateKeyDeps & Parameters<typeof compromiseKey>[0];

/** Binds the cases to their ports. */
export function bindKeyCases(deps: KeyCasesDeps): KeyCases {
  return {
    listAgentKeys: (input) => readKeys(deps, input),
    rotateAgentKey: (input) => rotateKey(deps, input),
    retireAgentKey: (input) => retireKey(deps, input),
    compromiseAgentKey: (input) => compromiseKey(deps, input),
  };
}
