import type { AuditAction } from '../audit/audit-event.ts';

/**
 * What others are told of: everything that changes a public document that they may go by. The rest of
 * the audit trail is the organization's own.
 */
export const toldActions = [
  'agent.onboarded',
  'agent.updated',
  'agent.suspended',
  'agent.resumed',
  'agent.retired',
  'credential.issued',
  'credential.suspended',
  'credential.resumed',
  'credential.revoked',
  'key.published',
  'key.activated',
  'key.retired',
  'key.compromised',
  'issuer-key.prepared',
  'issuer-key.activated',
  'issuer-key.retired',
  'issuer-key.compromised',
] as const satisfies readonly AuditAction[];

/** One of them. */
export type ToldAction = (typeof toldActions)[number];

/** Whether others are told of this action. */
export function isTold(action: string): action is ToldAction {
  return toldActions.some((told) => told === action);
}
