import { describe, expect, it } from 'vitest';
import {
  type ApiToken,
  hashToken,
  isUsable,
  mintTokenText,
  type TokenId,
  tokenScopes,
} from '../../src/organizations/api-token.ts';
import type { OrganizationId } from '../../src/organizations/organization.ts';

const token: ApiToken = {
  id: 'tok_1' as TokenId,
  organizationId: 'org_acme' as OrganizationId,
  name: 'ci',
  scopes: ['agents:read'],
  platform: false,
  hash: '00',
  team: null,
  agentId: null,
  createdAt: new Date('2026-11-20T12:00:00Z'),
  expiresAt: null,
  revokedAt: null,
};
const noon = new Date('2026-11-21T12:00:00Z');

describe('whether a token opens anything', () => {
  it.each([
    ['without an end', {}, true],
    ['one millisecond before its end', { expiresAt: new Date('2026-11-21T12:00:00.001Z') }, true],
    ['at its end', { expiresAt: noon }, false],
    ['after its end', { expiresAt: new Date('2026-11-20T13:00:00Z') }, false],
    ['revoked', { revokedAt: new Date('2026-11-20T13:00:00Z') }, false],
  ])('%s: %s', (_name, change: Partial<ApiToken>, usable) => {
    expect(isUsable({ ...token, ...change }, noon)).toBe(usable);
  });
});

it('is swt_ and 256 random bits', () => {
  const texts = Array.from({ length: 100 }, mintTokenText);
  for (const text of texts) expect(text).toMatch(/^swt_[A-Za-z0-9_-]{43}$/);
  expect(new Set(texts).size).toBe(100);
});

it('is known by the sha-256 of its text', () => {
  expect(hashToken('swt_example')).toBe(
    '88a0082141e548a0a18b34d89fa6c4f39ecb069a775a57c861760d258f20cb6c',
  );
});

it('has the scopes of the contract', () => {
  expect(tokenScopes.join(' ')).toBe(
    'agents:read agents:write credentials:issue credentials:revoke keys:write audit:read org:admin verify',
  );
});
