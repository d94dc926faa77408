import type { Actor } from '../audit/audit-event.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import type { Clock } from '../kernel/clock.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { ApiToken, TokenId } from './api-token.ts';
import type { ApiTokenStore } from './api-token-store.ts';
import type { OrganizationId } from './organization.ts';

/** What revoking a token needs. */
export interface RevokeApiTokenDeps {
  readonly work: UnitOfWork<{ tokens: ApiTokenStore; audit: AuditTrail }>;
  readonly clock: Clock;
}

/** Ends a token at once; the next call that carries it is refused. */
export async function revokeApiToken(
  deps: RevokeApiTokenDeps,
  input: { organizationId: OrganizationId; actor: Actor; id: TokenId },
): Promise<ApiToken> {
  return deps.work.run(async (stores) => {
    const token = await stores.tokens.revoke(input.organizationId, input.id, deps.clock.now());
    if (token === null) throw new SealwrightError('token-not-found', 'There is no such token.');
    await stores.audit.append([
      {
        organizationId: input.organizationId,
        actor: input.actor,
        action: 'token.revoked',
        subject: token.id,
        reason: null,
        details: { name: token.name },
      },
    ]);
    return token;
  });
}
