import type { Brand } from '../kernel/brand.ts';

/** An event by its id, `evt_…`. */
export type EventId = Brand<'EventId'>;

/** Everything that can happen here, in the words used in the audit trail. */
export type AuditAction =
  | 'organization.created'
  | 'organization.updated'
  | 'issuer-key.prepared'
  | 'issuer-key.activated'
  | 'issuer-key.retired'
  | 'issuer-key.compromised'
  | 'issuer-key.destroyed'
  | 'token.created'
  | 'token.revoked'
  | 'token.exchanged'
  | 'workload-rule.created'
  | 'workload-rule.deleted'
  | 'owner.departed'
  | 'owner.returned'
  | 'issuer.trusted'
  | 'issuer.distrusted'
  | 'import.accepted'
  | 'import.rechecked'
  | 'import.removed'
  | 'rule.added'
  | 'rule.changed'
  | 'rule.removed'
  | 'agent.onboarded'
  | 'agent.updated'
  | 'agent.suspended'
  | 'agent.resumed'
  | 'agent.retired'
  | 'key.created'
  | 'key.published'
  | 'key.activated'
  | 'key.retired'
  | 'key.destroyed'
  | 'key.compromised'
  | 'agent.asserted'
  | 'credential.intended'
  | 'credential.issued'
  | 'credential.abandoned'
  | 'credential.suspended'
  | 'credential.resumed'
  | 'credential.revoked'
  | 'enrolment.created'
  | 'enrolment.requested'
  | 'enrolment.approved'
  | 'enrolment.rejected'
  | 'enrolment.withdrawn'
  | 'enrolment.used'
  | 'template.created'
  | 'template.updated'
  | 'template.deleted'
  | 'schema.registered'
  | 'revocation.ordered'
  | 'suspension.ordered'
  | 'registry.restored';

/** Who acted: an API token or an enrolment by id, or the service itself by the name of the job. */
export interface Actor {
  readonly kind: 'token' | 'system' | 'enrolment';
  readonly id: string;
}

/** One thing that happened. `details` holds facts, never secrets; members sort by name when hashed. */
export interface AuditEvent {
  readonly organizationId: string;
  readonly actor: Actor;
  readonly action: AuditAction;
  /** The id of what was acted upon. */
  readonly subject: string;
  readonly reason: string | null;
  readonly details: Readonly<Record<string, string | number | boolean | null | readonly string[]>>;
}

/** An event as it stands in the chain. `body` is the exact text that was hashed. */
export interface AuditRecord {
  readonly sequence: number;
  readonly id: EventId;
  readonly at: Date;
  /** What listings search by; each repeats what the body says. */
  readonly organizationId: string;
  readonly action: string;
  readonly subject: string;
  readonly body: string;
  readonly previousHash: string;
  readonly hash: string;
}
