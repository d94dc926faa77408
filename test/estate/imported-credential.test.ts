import { describe, expect, it } from 'vitest';
import type { AgentId } from '../../src/agents/agent.ts';
import {
  type ImportedCredential,
  type ImportId,
  importFindingAt,
} from '../../src/estate/imported-credential.ts';
import type { OrganizationId } from '../../src/organizations/organization.ts';

const noon = Date.parse('2026-11-20T12:00:00Z');
const after = (ms: number): Date => new Date(noon + ms);
const minuteMs = 60_000;
const imported: ImportedCredential = {
  id: 'imp_1' as ImportId,
  organizationId: 'org_acme' as OrganizationId,
  agentId: 'agt_bot' as AgentId,
  jwt: 'e30.e30.e30',
  sha256: 'x',
  issuer: 'did:web:assessor.example',
  types: ['AgentComplianceCredential'],
  claims: {},
  validFrom: after(0),
  validUntil: after(60 * minuteMs),
  reason: 'AUD-7',
  state: 'accepted',
  cause: null,
  checkedAt: after(0),
  importedAt: after(0),
};

describe('what is known of an import', () => {
  it.each([
    ['a quarter of an hour after it was asked about', {}, 15 * minuteMs, 'accepted', null],
    ['a moment later', {}, 15 * minuteMs + 1, 'undetermined', 'status-stale'],
    ['once it is over', {}, 60 * minuteMs, 'rejected', 'expired'],
    [
      'once it was rejected, however long ago',
      { state: 'rejected', cause: 'status-revoked' } as const,
      90 * minuteMs,
      'rejected',
      'status-revoked',
    ],
    [
      'while it could not be asked about',
      { state: 'undetermined', cause: 'status-unavailable' } as const,
      minuteMs,
      'undetermined',
      'status-unavailable',
    ],
  ])('%s', (_, changes, ms, state, cause) => {
    expect(importFindingAt({ ...imported, ...changes }, after(ms))).toEqual({ state, cause });
  });
});
