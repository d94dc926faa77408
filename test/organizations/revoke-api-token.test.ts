import { describe, expect, it } from 'vitest';
import { isUsable, type TokenId } from '../../src/organizations/api-token.ts';
import { createApiToken } from '../../src/organizations/create-api-token.ts';
import type { OrganizationId } from '../../src/organizations/organization.ts';
import { revokeApiToken } from '../../src/organizations/revoke-api-token.ts';
import { refusalLater } from '../kernel/refusal.ts';
import { SettableClock } from '../kernel/settable-clock.ts';
import { MemoryDatabase } from '../support/memory/memory-database.ts';

const organizationId = 'org_acme' as OrganizationId;
const actor = { kind: 'token', id: 'tok_admin' } as const;

async function arrange() {
  const clock = new SettableClock('2026-11-20T12:00:00Z');
  const work = new MemoryDatabase({ clock });
  const deps = { work, clock };
  const order = { organizationId, actor, name: 'ci', scopes: ['verify'], expiresAt: null } as const;
  const { token } = await createApiToken(deps, order);
  const actions = async () =>
    (await work.readers.audit.readAfter(0, 10)).map(({ body }) => JSON.parse(body).action);
  return { deps, token, actions, tokens: () => work.readers.tokens.list(organizationId) };
}

describe('revoking a token', () => {
  it('ends it at once, and is audited', async () => {
    const { deps, token, tokens, actions } = await arrange();
    const revoked = await revokeApiToken(deps, { organizationId, actor, id: token.id });
    expect(isUsable(revoked, deps.clock.now())).toBe(false);
    expect(await tokens()).toStrictEqual([
      { ...token, revokedAt: new Date('2026-11-20T12:00:00Z') },
    ]);
    expect(await actions()).toStrictEqual(['token.created', 'token.revoked']);
  });

  it.each([
    ['that nobody has', { id: 'tok_unknown' as TokenId }],
    ['of another organization', { organizationId: 'org_other' as OrganizationId }],
  ])('%s changes nothing', async (_name, change) => {
    const { deps, token, tokens, actions } = await arrange();
    const revoking = revokeApiToken(deps, { organizationId, actor, id: token.id, ...change });
    expect(await refusalLater(revoking)).toStrictEqual(['token-not-found']);
    expect(await tokens()).toStrictEqual([token]);
    expect(await actions()).toStrictEqual(['token.created']);
  });
});
