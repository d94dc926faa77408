import type { AuditTrail } from '../audit/audit-trail.ts';
import type { Clock } from '../kernel/clock.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import { hashToken, isUsable, tokenScopes } from './api-token.ts';
import type { ApiTokenReader, ApiTokenStore } from './api-token-store.ts';
import { createApiToken } from './create-api-token.ts';
import type { OrganizationId } from './organization.ts';
import { revokeApiToken } from './revoke-api-token.ts';

const actor = { kind: 'system', id: 'service' } as const;
const givenName = 'given at start';
const firstName = 'first token';

export interface AdmitOperatorDeps {
  readonly work: UnitOfWork<{ tokens: ApiTokenStore; audit: AuditTrail }>;
  readonly tokens: ApiTokenReader;
  readonly clock: Clock;
}

/**
 * Makes sure that the operator can get in. A text given at start becomes a token with every scope,
 * and one given at an earlier start ends. Without one, a new installation gets a first token, whose
 * text is returned; it cannot be had again. Otherwise returns null.
 */
export async function admitOperator(
  deps: AdmitOperatorDeps,
  input: { readonly organizationId: OrganizationId; readonly given: string | undefined },
): Promise<string | null> {
  const { organizationId, given } = input;
  const tokens = await deps.tokens.list(organizationId);
  const now = deps.clock.now();
  const formerlyGiven = tokens.filter((token) => token.name === givenName && isUsable(token, now));
  for (const token of formerlyGiven) {
    if (given !== undefined && token.hash === hashToken(given)) return null;
    await revokeApiToken(deps, { organizationId, actor, id: token.id });
  }
  const order = { organizationId, actor, scopes: tokenScopes, expiresAt: null };
  if (given !== undefined) {
    await createApiToken(deps, { ...order, name: givenName, text: given });
    return null;
  }
  if (tokens.length > 0) return null;
  return (await createApiToken(deps, { ...order, name: firstName })).text;
}
