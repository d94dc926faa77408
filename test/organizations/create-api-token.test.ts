import { describe, expect, it } from 'vitest';
import { hashToken } from '../../src/organizations/api-token.ts';
import {
  type CreateApiTokenInput,
  createApiToken,
} from '../../src/organizations/create-api-token.ts';
import type { OrganizationId } from '../../src/organizations/organization.ts';
import { refusalLater } from '../kernel/refusal.ts';
import { SettableClock } from '../kernel/settable-clock.ts';
import { MemoryTokens } from './memory-tokens.ts';

const order: CreateApiTokenInput = {
  organizationId: 'org_acme' as OrganizationId,
  actor: { kind: 'token', id: 'tok_admin' },
  name: 'ci',
  scopes: ['agents:read', 'verify'],
  expiresAt: new Date('2026-12-20T12:00:00Z'),
};

function arrange() {
  const work = new MemoryTokens();
  return { work, deps: { work, clock: new SettableClock('2026-11-20T12:00:00Z') } };
}

describe('creating a token', () => {
  it('gives its text once and stores its hash alone', async () => {
    const { work, deps } = arrange();
    const { token, text } = await createApiToken(deps, order);
    expect(token.id).toMatch(/^tok_01m7wd7tg0/);
    expect(work.tokens).toStrictEqual([
      {
        id: token.id,
        organizationId: 'org_acme',
        name: 'ci',
        scopes: ['agents:read', 'verify'],
        hash: hashToken(text),
        createdAt: new Date('2026-11-20T12:00:00Z'),
        expiresAt: new Date('2026-12-20T12:00:00Z'),
        revokedAt: null,
      },
    ]);
    expect(JSON.stringify([work.tokens, work.events])).not.toContain(text.slice(4));
  });

  it('is audited, without its text and its hash', async () => {
    const { work, deps } = arrange();
    const { token } = await createApiToken(deps, order);
    expect(work.events).toStrictEqual([
      {
        organizationId: 'org_acme',
        actor: { kind: 'token', id: 'tok_admin' },
        action: 'token.created',
        subject: token.id,
        reason: null,
        details: { name: 'ci', scopes: ['agents:read', 'verify'] },
      },
    ]);
  });

  it('takes a text that the operator chose', async () => {
    const { work, deps } = arrange();
    const { text } = await createApiToken(deps, { ...order, text: 'swt_example' });
    expect(text).toBe('swt_example');
    expect(work.tokens[0]?.hash).toBe(hashToken('swt_example'));
  });

  it.each(['2026-11-20T12:00:00.000Z', '2020-01-01T00:00:00.000Z'])(
    'that ends at %s changes nothing',
    async (end) => {
      const { work, deps } = arrange();
      const creating = createApiToken(deps, { ...order, expiresAt: new Date(end) });
      expect(await refusalLater(creating)).toStrictEqual([
        'invalid-input',
        '/expiresAt: must be in the future',
      ]);
      expect([work.tokens, work.events]).toStrictEqual([[], []]);
    },
  );
});
