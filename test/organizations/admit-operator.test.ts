import { describe, expect, it } from 'vitest';
import { admitOperator } from '../../src/organizations/admit-operator.ts';
import { hashToken, isUsable, tokenScopes } from '../../src/organizations/api-token.ts';
import { createApiToken } from '../../src/organizations/create-api-token.ts';
import type { OrganizationId } from '../../src/organizations/organization.ts';
import { SettableClock } from '../kernel/settable-clock.ts';
import { MemoryDatabase } from '../support/memory/memory-database.ts';

const organizationId = 'org_acme' as OrganizationId;

/** An installation whose starts can be repeated. */
function arrange() {
  const clock = new SettableClock();
  const work = new MemoryDatabase({ clock });
  const { tokens } = work.readers;
  return {
    start: (given?: string) => admitOperator({ work, tokens, clock }, { organizationId, given }),
    opens: async (text: string) => {
      const token = await tokens.findByHash(hashToken(text));
      return token !== null && isUsable(token, clock.now());
    },
    platform: async () => (await tokens.list(organizationId)).map((token) => token.platform),
    /** Gives out a token over the API, with every scope. */
    grant: async () => {
      const actor = { kind: 'token', id: 'tok_1' } as const;
      const order = { organizationId, actor, name: 'ci', scopes: tokenScopes, expiresAt: null };
      return (await createApiToken({ work, clock }, order)).text;
    },
    names: async () => (await tokens.list(organizationId)).map(({ name }) => name),
  };
}

describe('without a token given', () => {
  it('a new installation tells a first token, once', async () => {
    const { start, opens, platform } = arrange();
    const text = await start();
    expect(await opens(text ?? '')).toBe(true);
    expect(await platform()).toStrictEqual([true]);
    expect(await start()).toBeNull();
    expect(await opens(text ?? '')).toBe(true);
  });
});

describe('with a token given', () => {
  it('opens with every scope, and is not told again', async () => {
    const { start, opens, names } = arrange();
    expect(await start('swt_one')).toBeNull();
    expect(await start('swt_one')).toBeNull();
    expect(await opens('swt_one')).toBe(true);
    expect(await names()).toStrictEqual(['given at start']);
  });

  it.each(['swt_two', undefined])('ends the one before it when %j is given', async (next) => {
    const { start, opens } = arrange();
    await start('swt_one');
    expect(await start(next)).toBeNull();
    expect([await opens('swt_one'), await opens('swt_two')]).toStrictEqual([
      false,
      next === 'swt_two',
    ]);
  });

  it('is a platform token, and never one that the API gave out', async () => {
    const { start, grant, platform } = arrange();
    await start('swt_one');
    expect(await platform()).toStrictEqual([true]);
    const text = await grant();
    expect((await platform()).toSorted()).toStrictEqual([false, true]);
    await expect(start(text)).rejects.toMatchObject({ code: 'start-refused' });
    expect((await platform()).toSorted()).toStrictEqual([false, true]);
  });

  it('stays closed when it is given again after another one', async () => {
    const { start, opens } = arrange();
    await start('swt_one');
    await start('swt_two');
    await expect(start('swt_one')).rejects.toMatchObject({ code: 'start-refused' });
    expect(await opens('swt_one')).toBe(false);
  });
});
