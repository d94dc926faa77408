import { isJsonObject, type JsonObject, type JsonValue } from '../protocol/strict-json.ts';
import type { AuditAction, AuditRecord } from './audit-event.ts';

/** The release of the schema (schema.ocsf.io) of which every member here is a part. */
export const ocsfVersion = '1.1.0';

const classes = {
  account: { class_uid: 3001, category_uid: 3, class_name: 'Account Change' },
  authentication: { class_uid: 3002, category_uid: 3, class_name: 'Authentication' },
  entity: { class_uid: 3004, category_uid: 3, class_name: 'Entity Management' },
  api: { class_uid: 6003, category_uid: 6, class_name: 'API Activity' },
} as const;

const severities = { informational: 1, medium: 3, high: 4 } as const;
/** What is none of the activities that a class names. */
const otherActivity = 99;

/** The class of an action, which of its activities it is, and how much it matters. */
interface Form {
  readonly of: keyof typeof classes;
  readonly activity: number;
  readonly severity: keyof typeof severities;
}

function form(
  of: Form['of'],
  activity: number,
  severity: Form['severity'] = 'informational',
): Form {
  return { of, activity, severity };
}

// Entity Management and API Activity: 1 Create, 3 Update, 4 Delete.
const created = form('entity', 1);
const updated = form('entity', 3);
const deleted = form('entity', 4);

/** What each action is in OCSF: an action without a line does not compile. */
export const ocsfForms: Readonly<Record<AuditAction, Form>> = {
  'organization.created': created,
  'organization.updated': updated,
  'issuer-key.prepared': created,
  'issuer-key.activated': updated,
  'issuer-key.retired': updated,
  'issuer-key.compromised': form('entity', 3, 'high'),
  'issuer-key.destroyed': deleted,
  'audit-key.created': created,
  'access.denied': form('api', otherActivity, 'medium'),
  // Account Change: 1 Create, 2 Enable, 5 Disable, 6 Delete.
  'token.created': form('account', 1),
  'token.revoked': form('account', 6),
  // Authentication: 1 Logon.
  'token.exchanged': form('authentication', 1),
  'workload-rule.created': created,
  'workload-rule.deleted': deleted,
  'owner.departed': form('account', 5),
  'owner.returned': form('account', 2),
  'issuer.trusted': created,
  'issuer.distrusted': deleted,
  'import.accepted': created,
  'import.rechecked': updated,
  'import.removed': deleted,
  'rule.added': created,
  'rule.changed': updated,
  'rule.removed': deleted,
  'agent.onboarded': created,
  'agent.updated': updated,
  'agent.suspended': form('entity', 3, 'medium'),
  'agent.resumed': updated,
  'agent.retired': deleted,
  'key.created': created,
  'key.published': updated,
  'key.activated': updated,
  'key.retired': updated,
  'key.destroyed': deleted,
  'key.compromised': form('entity', 3, 'high'),
  'agent.asserted': form('authentication', otherActivity),
  'credential.intended': form('entity', otherActivity),
  'credential.issued': created,
  'credential.abandoned': deleted,
  'credential.suspended': form('entity', 3, 'medium'),
  'credential.resumed': updated,
  'credential.revoked': form('entity', 4, 'medium'),
  'status-list.retired': deleted,
  'enrolment.created': created,
  'enrolment.requested': updated,
  'enrolment.approved': updated,
  'enrolment.rejected': deleted,
  'enrolment.withdrawn': deleted,
  'enrolment.used': updated,
  'template.created': created,
  'template.updated': updated,
  'template.deleted': deleted,
  'schema.registered': created,
  'revocation.ordered': form('api', 3, 'medium'),
  'suspension.ordered': form('api', 3, 'medium'),
  'webhook.created': created,
  'webhook.updated': updated,
  'webhook.secret-rotated': updated,
  'webhook.tested': form('api', otherActivity),
  'webhook.redelivered': form('api', otherActivity),
  'webhook.disabled': form('entity', 3, 'medium'),
  'webhook.removed': deleted,
  'stream.created': created,
  'stream.updated': updated,
  'stream.paused': updated,
  'stream.verified': form('api', otherActivity),
  'stream.removed': deleted,
  'event-key.created': created,
  'event-key.retired': updated,
  'registry.restored': form('entity', 3, 'high'),
};

/** An action that this release does not know: an entity had something done to it. */
const unknownForm = form('entity', otherActivity);

/** A record as an event of OCSF. What the schema has no member for is in `unmapped`, unchanged. */
export function ocsfEventOf(record: AuditRecord): JsonObject {
  const body: JsonValue = JSON.parse(record.body);
  const { actor, reason = null, details = {} } = isJsonObject(body) ? body : {};
  const { of, activity, severity } = formOf(record.action);
  const { class_uid, category_uid, class_name } = classes[of];
  const failed = record.action === 'access.denied';
  const who = isJsonObject(actor) ? actor : {};
  return {
    metadata: metadataOf(record),
    time: record.at.getTime(),
    ...{ class_uid, category_uid, class_name, activity_id: activity },
    ...(activity === otherActivity && { activity_name: record.action }),
    type_uid: class_uid * 100 + activity,
    severity_id: severities[severity],
    status_id: failed ? 2 : 1,
    message: record.action,
    actor: { user: userOf(who) },
    src_endpoint: endpointOf(who),
    api: { operation: record.action, ...requestOf(record) },
    ...aboutOf(of, record, reason),
    unmapped: { details, reason, previousHash: record.previousHash, hash: record.hash },
  };
}

function formOf(action: string): Form {
  const known = Object.entries(ocsfForms).find(([name]) => name === action);
  return known === undefined ? unknownForm : known[1];
}

function metadataOf(record: AuditRecord): JsonObject {
  return {
    version: ocsfVersion,
    product: { name: 'Sealwright', vendor_name: 'Sealwright' },
    log_name: 'audit',
    uid: record.id,
    sequence: record.sequence,
    tenant_uid: record.organizationId,
    ...(record.requestId !== null && { correlation_uid: record.requestId }),
  };
}

function requestOf({ requestId }: AuditRecord): JsonObject {
  return requestId === null ? {} : { request: { uid: requestId } };
}

/** OCSF user: 3 is a system account, 99 something that the schema does not name. */
function userOf({ id, kind }: JsonObject): JsonObject {
  const type = typeof kind === 'string' ? kind : 'unknown';
  return {
    uid: typeof id === 'string' ? id : 'unknown',
    type_id: kind === 'system' ? 3 : 99,
    type,
  };
}

function endpointOf({ from }: JsonObject): JsonObject {
  const address = isJsonObject(from) ? from['address'] : undefined;
  return typeof address === 'string' && address !== ''
    ? { ip: address }
    : { svc_name: 'sealwright' };
}

/** What a class requires beside what all have. */
function aboutOf(of: Form['of'], { subject, action }: AuditRecord, reason: JsonValue): JsonObject {
  const type = action.split('.')[0] ?? action;
  if (of === 'entity') {
    return { entity: { uid: subject, type }, ...(reason !== null && { comment: reason }) };
  }
  const user = { uid: subject, type_id: 99, type };
  if (of === 'account') return { user };
  if (of === 'authentication') return { user, service: { name: 'sealwright' } };
  return { resources: [{ uid: subject, type }] };
}
