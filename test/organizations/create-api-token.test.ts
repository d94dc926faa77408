import { describe, expect, it } from 'vitest';
import { hashToken } from '../../src/organizations/api-token.ts';
import {
  type CreateApiTokenInput,
  createApiToken,
} from '../../src/organizations/create-api-token.ts';
import type { OrganizationId } from '../../src/organizations/organization.ts';
import { refusalLater } from '../kernel/refusal.ts';
import { SettableClock } from '../kernel/settable-clock.ts';
import { MemoryDatabase } from '../support/memory/memory-database.ts';

const organizationId = 'org_acme' as OrganizationId;
const order: CreateApiTokenInput = {
  organizationId,
  actor: { kind: 'token', id: 'tok_admin' },
  name: 'ci',
  scopes: ['agents:read', 'verify'],
  expiresAt: new Date('2026-12-20T12:00:00Z'),
};

function arrange() {
  const clock = new SettableClock('2026-11-20T12:00:00Z');
  const work = new MemoryDatabase({ clock });
  return {
    deps: { work, clock },
    tokens: () => work.readers.tokens.list(organizationId),
    bodies: async () =>
      (await work.readers.audit.readAfter(0, 10)).map(({ body }) => JSON.parse(body)),
  };
}

describe('creating a token', () => {
  it('gives its text once and stores its hash alone', async () => {
    const { deps, tokens, bodies } = arrange();
    const { token, text } = await createApiToken(deps, order);
    expect(token.id).toMatch(/^tok_01m7wd7tg0/);
    expect(await tokens()).toStrictEqual([
      {
        id: token.id,
        organizationId: 'org_acme',
        name: 'ci',
        scopes: ['agents:read', 'verify'],
        platform: false,
        hash: hashToken(text),
        team: null,
        agentId: null,
        createdAt: new Date('2026-11-20T12:00:00Z'),
        expiresAt: new Date('2026-12-20T12:00:00Z'),
        revokedAt: null,
      },
    ]);
    const kept = JSON.stringify([await tokens(), await bodies()]);
    expect(kept).not.toContain(text.slice('swt_'.length));
  });

  it('is audited, without its text and its hash', async () => {
    const { deps, bodies } = arrange();
    const { token } = await createApiToken(deps, order);
    expect(await bodies()).toMatchObject([
      {
        organizationId: 'org_acme',
        actor: { kind: 'token', id: 'tok_admin' },
        action: 'token.created',
        subject: token.id,
        reason: null,
        details: { name: 'ci', scopes: ['agents:read', 'verify'], team: null, agent: null },
      },
    ]);
    expect(JSON.stringify(await bodies())).not.toContain(token.hash);
  });

  it('takes a text that the operator chose', async () => {
    const { deps, tokens } = arrange();
    const { text } = await createApiToken(deps, { ...order, text: 'swt_example' });
    expect(text).toBe('swt_example');
    expect((await tokens())[0]?.hash).toBe(hashToken('swt_example'));
  });

  it.each(['2026-11-20T12:00:00.000Z', '2020-01-01T00:00:00.000Z'])(
    'that ends at %s changes nothing',
    async (end) => {
      const { deps, tokens, bodies } = arrange();
      const creating = createApiToken(deps, { ...order, expiresAt: new Date(end) });
      expect(await refusalLater(creating)).toStrictEqual([
        'invalid-input',
        '/expiresAt: must be in the future',
      ]);
      expect([await tokens(), await bodies()]).toStrictEqual([[], []]);
    },
  );
});
