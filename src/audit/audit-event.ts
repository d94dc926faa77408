import type { Brand } from '../kernel/brand.ts';
import type { JsonObject } from '../protocol/strict-json.ts';

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
  | 'audit-key.created'
  | 'access.denied'
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
  | 'status-list.retired'
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
  | 'webhook.created'
  | 'webhook.updated'
  | 'webhook.secret-rotated'
  | 'webhook.tested'
  | 'webhook.redelivered'
  | 'webhook.disabled'
  | 'webhook.removed'
  | 'stream.created'
  | 'stream.updated'
  | 'stream.paused'
  | 'stream.verified'
  | 'stream.removed'
  | 'event-key.created'
  | 'event-key.retired'
  | 'registry.restored';

/** Who acted: an API token or an enrolment by id, or the service itself by the name of the job. */
export interface Actor {
  readonly kind: 'token' | 'system' | 'enrolment';
  readonly id: string;
  /** Where the call came from; absent for what the service does by itself. */
  readonly from?: CallOrigin | undefined;
}

/** Where a call came from, as the server saw it: no header of the caller has a say in it. */
export interface CallOrigin {
  /** The address at the other end of the connection: that of the proxy where there is one. */
  readonly address: string;
  /** The id that the answer and the log have as `X-Request-Id`. */
  readonly requestId: string;
}

/** One thing that happened. `details` holds facts, never secrets; members sort by name when hashed. */
export interface AuditEvent {
  readonly organizationId: string;
  readonly actor: Actor;
  readonly action: AuditAction;
  /** The id of what was acted upon. */
  readonly subject: string;
  readonly reason: string | null;
  readonly details: JsonObject;
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
  /** The id of who acted; null where an older release wrote the record. */
  readonly actor: string | null;
  readonly requestId: string | null;
  readonly body: string;
  readonly previousHash: string;
  readonly hash: string;
}
