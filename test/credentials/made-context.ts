import type { AgentId } from '../../src/agents/agent.ts';
import type { CredentialId } from '../../src/credentials/credential.ts';
import type { PassportDraft, RecordContext } from '../../src/credentials/record-credential.ts';
import type { StatusListId } from '../../src/status/status-list.ts';
import { anAgent } from '../agents/made-agent.ts';
import { anIssuer } from '../keys/made-issuer.ts';
import { readSchemas } from './read-schemas.ts';

const schemas = readSchemas();

/** Everything that a credential of the contract's example agent needs to be written down. */
export function aContext(changes: Partial<RecordContext> = {}): RecordContext {
  return {
    issuer: anIssuer(),
    agent: anAgent({ id: 'agt_1' as AgentId }),
    schemas,
    id: 'crd_1' as CredentialId,
    status: { listId: 'lst_7' as StatusListId, listNumber: 7, index: 48_211 },
    at: new Date('2026-11-20T12:00:00.042Z'),
    ...changes,
  };
}

/** The passport of the contract's example. */
export function aPassportDraft(changes: Partial<PassportDraft> = {}): PassportDraft {
  return {
    summary: {
      authorizedScopes: ['read:logs/production'],
      complianceAttestations: [
        { standard: 'ISO/IEC 27001:2022', validUntil: '2027-03-01T00:00:00Z' },
      ],
      provenance: { digest: `sha256:${'ab'.repeat(32)}`, slsaLevel: 3 },
      delegation: { permitted: false, maxDepth: 0 },
      validUntil: new Date('2026-11-27T12:00:00Z'),
    },
    jwkThumbprints: ['cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s'],
    documentDigest: 'ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0',
    validFrom: new Date('2026-11-20T12:00:00Z'),
    reason: 'onboarded',
    ...changes,
  };
}
