import type { AuditTrail } from '../audit/audit-trail.ts';
import type { Clock } from '../kernel/clock.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import { hashToken, isUsable, tokenScopes } from './api-token.ts';
import type { ApiTokenReader, ApiTokenStore } from './api-token-store.ts';
import { createApiToken } from './create-api-token.ts';
import type { OrganizationId } from './organization.ts';
import { revokeApiToken } from './revoke-api-token.ts';

const actor = { kind: 'system', id: 'service' } as const;
const givenName = 'given at start';
const firstName = 'first token';

/** What admitting an operator needs. */
export interface AdmitOperatorDeps {
  readonly work: UnitOfWork<{ tokens: ApiTokenStore; audit: AuditTrail }>;
  readonly tokens: ApiTokenReader;
  readonly clock: Clock;
}

/**
 * Makes sure that the operator can get in. A text given at start becomes a platform token with every
 * scope, and one given at an earlier start ends. Without one, a new installation gets a first token of
 * that kind, whose text is returned; it cannot be had again. Otherwise returns null. Throws
 * `start-refused` for a text that was revoked, since whoever revoked it meant it, and for one that
 * the API gave out for less.
 */
export async function admitOperator(
  deps: AdmitOperatorDeps,
  input: { readonly organizationId: OrganizationId; readonly given: string | undefined },
): Promise<string | null> {
  const { organizationId, given } = input;
  const now = deps.clock.now();
  const known = given === undefined ? null : await deps.tokens.findByHash(hashToken(given));
  if (known !== null && !isUsable(known, now)) throw refused('was revoked or has expired');
  if (known?.platform === false) throw refused('is the text of a token that the API gave out');
  const tokens = await deps.tokens.list(organizationId);
  const formerlyGiven = tokens.filter(({ name, id }) => name === givenName && id !== known?.id);
  for (const token of formerlyGiven.filter((former) => isUsable(former, now))) {
    await revokeApiToken(deps, { organizationId, actor, id: token.id });
  }
  if (known !== null) return null;
  const order = { organizationId, actor, scopes: tokenScopes, platform: true, expiresAt: null };
  if (given !== undefined) {
    await createApiToken(deps, { ...order, name: givenName, text: given });
    return null;
  }
  if (tokens.length > 0) return null;
  return (await createApiToken(deps, { ...order, name: firstName })).text;
}

function refused(why: string): SealwrightError {
  return new SealwrightError('start-refused', `SEALWRIGHT_ADMIN_TOKEN ${why}. Choose another.`);
}
