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
  /** A text chosen by the operator; absent, a new one is minted. */
  readonly text?: string;
}

/** Stores the hash of a token and returns its text, which cannot be had again. */
export async function createApiToken(
  deps: CreateApiTokenDeps,
  input: CreateApiTokenInput,
): Promise<{ token: ApiToken; text: string }> {
  const now = deps.clock.now();
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
    hash: hashToken(text),
    team: input.reach?.team ?? null,
    agentId: input.reach?.agentId ?? null,
    createdAt: now,
    expiresAt: input.expiresAt,
    revokedAt: null,
  };
  await deps.work.run(async (stores) => {
    await stores.tokens.insert(token);
    await stores.audit.append([
      {
        organizationId: input.organizationId,
        actor: input.actor,
        action: 'token.created',
        subject: token.id,
        reason: null,
        details: {
          name: token.name,
          scopes: token.scopes,
          team: token.team,
          agent: token.agentId,
        },
      },
    ]);
  });
  return { token, text };
}
