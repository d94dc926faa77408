import type { Actor } from '../audit/audit-event.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import type { Clock } from '../kernel/clock.ts';
import { newId } from '../kernel/new-id.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import {
  type ApiToken,
  hashToken,
  mintTokenText,
  type TokenReach,
  type TokenScope,
} from './api-token.ts';
import type { ApiTokenStore } from './api-token-store.ts';
import type { OrganizationId } from './organization.ts';

/** What creating a token needs. */
export interface CreateApiTokenDeps {
  readonly work: UnitOfWork<{ tokens: ApiTokenStore; audit: AuditTrail }>;
  readonly clock: Clock;
}

/** The token that is asked for, and who asks. */
export interface CreateApiTokenInput {
  readonly organizationId: OrganizationId;
  readonly actor: Actor;
  readonly name: string;
  readonly scopes: readonly TokenScope[];
  readonly expiresAt: Date | null;
  /** Which agents the token reaches; absent, all. */
  readonly reach?: TokenReach;
  /** Whether it may create organizations; absent, it may not. */
  readonly platform?: boolean;
  /** A text chosen by the operator; absent, a new one is minted. */
  readonly text?: string;
}

/** A token that is not stored yet, and its text. */
export interface NewApiToken {
  readonly token: ApiToken;
  readonly text: string;
}

/** Stores the hash of a token and returns its text, which cannot be had again. */
export async function createApiToken(
  deps: CreateApiTokenDeps,
  input: CreateApiTokenInput,
): Promise<NewApiToken> {
  const created = mintApiToken(input, deps.clock.now());
  await deps.work.run((stores) => recordApiToken(stores, { ...created, actor: input.actor }));
  return created;
}

/** A token as it is to be stored. Throws `invalid-input` for one that would have ended already. */
export function mintApiToken(input: Omit<CreateApiTokenInput, 'actor'>, now: Date): NewApiToken {
  if (input.expiresAt !== null && input.expiresAt <= now) {
    throw new SealwrightError('invalid-input', 'The token would expire before it exists.', {
      faults: [{ pointer: '/expiresAt', detail: 'must be in the future' }],
    });
  }
  const text = input.text ?? mintTokenText();
  const token: ApiToken = {
    id: newId('tok', now),
    organizationId: input.organizationId,
    name: input.name,
    scopes: input.scopes,
    platform: input.platform ?? false,
    hash: hashToken(text),
    team: input.reach?.team ?? null,
    agentId: input.reach?.agentId ?? null,
    createdAt: now,
    expiresAt: input.expiresAt,
    revokedAt: null,
  };
  return { token, text };
}

/** Stores a new token, inside the transaction of whatever it comes with. */
export async function recordApiToken(
  stores: { readonly tokens: ApiTokenStore; readonly audit: AuditTrail },
  { token, actor }: { readonly token: ApiToken; readonly actor: Actor },
): Promise<void> {
  const { name, scopes, team, agentId, platform } = token;
  await stores.tokens.insert(token);
  await stores.audit.append([
    {
      organizationId: token.organizationId,
      actor,
      action: 'token.created',
      subject: token.id,
      reason: null,
      details: { name, scopes, team, agent: agentId, ...(platform && { platform }) },
    },
  ]);
}
