import { describe, expect, it } from 'vitest';
import { isUsable, type TokenId } from '../../src/organizations/api-token.ts';
import { createApiToken } from '../../src/organizations/create-api-token.ts';
import type { OrganizationId } from '../../src/organizations/organization.ts';
import { revokeApiToken } from '../../src/organizations/revoke-api-token.ts';
import { refusalLater } from '../kernel/refusal.ts';
import { SettableClock } from '../kernel/settable-clock.ts';
import { MemoryTokens } from './memory-tokens.ts';

const organizationId = 'org_acme' as OrganizationId;
const actor = { kind: 'token', id: 'tok_admin' } as const;

async function arrange() {
  const work = new MemoryTokens();
  const deps = { work, clock: new SettableClock() };
  const { token } = await createApiToken(deps, {
    organizationId,
    actor,
    name: 'ci',
    scopes: ['verify'],
    expiresAt: null,
  });
  return { work, deps, token };
}

describe('revoking a token', () => {
  it('ends it at once, and is audited', async () => {
    const { work, deps, token } = await arrange();
    const revoked = await revokeApiToken(deps, { organizationId, actor, id: token.id });
    expect(isUsable(revoked, deps.clock.now())).toBe(false);
    expect(work.tokens).toStrictEqual([{ ...token, revokedAt: new Date('2026-11-20T12:00:00Z') }]);
    expect(work.events.map(({ action, subject }) => [action, subject])).toStrictEqual([
      ['token.created', token.id],
      ['token.revoked', token.id],
    ]);
  });

  it.each([
    ['that nobody has', 'org_acme', 'tok_unknown'],
    ['of another organization', 'org_other', ''],
  ])('%s changes nothing', async (_name, organization, id) => {
    const { work, deps, token } = await arrange();
    const revoking = revokeApiToken(deps, {
      organizationId: organization as OrganizationId,
      actor,
      id: (id === '' ? token.id : id) as TokenId,
    });
    expect(await refusalLater(revoking)).toStrictEqual(['token-not-found']);
    expect(work.tokens).toStrictEqual([token]);
    expect(work.events).toHaveLength(1);
  });
});
