import { describe, expect, it } from 'vitest';
import { type Credential, credentialStateAt } from '../../src/credentials/credential.ts';

const noon = new Date('2026-11-20T12:00:00Z');
const standing = {
  sealing: 'sealed',
  validUntil: new Date('2026-11-27T12:00:00Z'),
  revokedAt: null,
  suspendedAt: null,
  agentSuspendedAt: null,
} as const;

describe('the state of a credential', () => {
  const cases: readonly (readonly [string, Partial<Credential>])[] = [
    ['active', {}],
    ['active', { validUntil: new Date('2026-11-20T12:00:00.001Z') }],
    ['expired', { validUntil: noon }],
    ['suspended', { suspendedAt: noon }],
    ['suspended', { agentSuspendedAt: noon }],
    ['expired', { suspendedAt: noon, validUntil: noon }],
    ['revoked', { revokedAt: noon }],
    ['revoked', { revokedAt: noon, suspendedAt: noon, validUntil: noon }],
    ['intended', { sealing: 'intended' }],
    ['intended', { sealing: 'intended', suspendedAt: noon }],
    ['abandoned', { sealing: 'abandoned', revokedAt: noon }],
  ];
  it.each(cases)('is %s with %j', (state, change) => {
    expect(credentialStateAt({ ...standing, ...change } as Credential, noon)).toBe(state);
  });
});
