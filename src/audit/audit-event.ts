import type { Brand } from '../kernel/brand.ts';

/** An event by its id, `evt_…`. */
export type EventId = Brand<'EventId'>;

/** Everything that can happen here, in the words used in the audit trail. */
export type AuditAction =
  | 'organization.created'
  | 'token.created'
  | 'token.revoked'
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
  | 'credential.intended'
  | 'credential.issued'
  | 'credential.abandoned'
  | 'credential.suspended'
  | 'credential.resumed'
  | 'credential.revoked';

/** Who acted: an API token by id, or the service itself by the name of the job. */
export interface Actor {
  readonly kind: 'token' | 'system';
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
