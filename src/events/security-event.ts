import type { JsonObject } from '../protocol/strict-json.ts';
import type { Happening } from './happening.ts';
import type { Subscription } from './subscription.ts';
import type { ToldAction } from './told-action.ts';

const caep = 'https://schemas.openid.net/secevent/caep/event-type';
const risc = 'https://schemas.openid.net/secevent/risc/event-type';
const ssf = 'https://schemas.openid.net/secevent/ssf/event-type';

/** The events that streams deliver, by their URIs (CAEP §3, RISC §2). */
export const eventTypes = {
  credentialChange: `${caep}/credential-change`,
  sessionRevoked: `${caep}/session-revoked`,
  accountDisabled: `${risc}/account-disabled`,
  accountEnabled: `${risc}/account-enabled`,
  accountPurged: `${risc}/account-purged`,
  credentialCompromise: `${risc}/credential-compromise`,
} as const;

/** The URI of one of them. */
export type EventType = (typeof eventTypes)[keyof typeof eventTypes];

/** Events about the stream itself, which are told whatever was asked for (SSF §8.1.4 and §8.1.5). */
export const streamEventTypes = {
  verification: `${ssf}/verification`,
  streamUpdated: `${ssf}/stream-updated`,
} as const;

/** The member in which an event of ours says what happened in our words. */
export const ownMember = 'urn:sealwright:event';

/** One event, before it is addressed: its type, and the members that its type asks for. */
interface MappedEvent {
  readonly type: EventType;
  readonly members: JsonObject;
}

// CAEP §3.3.1: other credential types than the listed ones are for both sides to agree on; no listed
// one is a bare key, which is called by the name of its form (RFC 7517).
const keyType = 'jwk';

function changed(credentialType: string, changeType: 'create' | 'update' | 'revoke'): MappedEvent {
  return {
    type: eventTypes.credentialChange,
    members: { credential_type: credentialType, change_type: changeType },
  };
}

const papers = 'verifiable-credential';
const sessionRevoked: MappedEvent = { type: eventTypes.sessionRevoked, members: {} };
const keyCompromised: MappedEvent = {
  type: eventTypes.credentialCompromise,
  members: { credential_type: keyType },
};

/** What each action becomes: each event goes out in a token of its own. */
export const eventsByAction: Readonly<Record<ToldAction, readonly MappedEvent[]>> = {
  'agent.onboarded': [],
  'agent.updated': [],
  'agent.suspended': [sessionRevoked, { type: eventTypes.accountDisabled, members: {} }],
  'agent.resumed': [{ type: eventTypes.accountEnabled, members: {} }],
  'agent.retired': [sessionRevoked, { type: eventTypes.accountPurged, members: {} }],
  'credential.issued': [changed(papers, 'create')],
  'credential.suspended': [changed(papers, 'update')],
  'credential.resumed': [changed(papers, 'update')],
  'credential.revoked': [changed(papers, 'revoke')],
  'key.published': [changed(keyType, 'create')],
  'key.activated': [changed(keyType, 'update')],
  'key.retired': [changed(keyType, 'revoke')],
  'key.compromised': [keyCompromised, sessionRevoked],
  'issuer-key.prepared': [changed(keyType, 'create')],
  'issuer-key.activated': [changed(keyType, 'update')],
  'issuer-key.retired': [changed(keyType, 'revoke')],
  'issuer-key.compromised': [keyCompromised],
};

/** An event with its claims as they will be signed. */
export interface SecurityEvent {
  /** Unique in its stream, and the same whenever it is made of the same record. */
  readonly id: string;
  readonly type: string;
  readonly claims: JsonObject;
}

/** What a stream tells of a happening: none, one or two events, as far as it delivers their types. */
export function securityEventsOf(
  stream: Subscription,
  happening: Happening,
  at: Date,
): readonly SecurityEvent[] {
  const { record, urls } = happening;
  return eventsByAction[happening.action].flatMap(({ type, members }, place) => {
    if (!deliveredTypes(stream).includes(type)) return [];
    const event = {
      ...members,
      event_timestamp: secondsOf(record.at),
      [ownMember]: { type: record.action, urls: [...urls] },
    };
    const id = `${record.id}.${place + 1}`;
    const subject = subjectOf(happening);
    const claims = claimsOf(stream, { id, iss: happening.organization.baseUrl, at, subject });
    return [{ id, type, claims: { ...claims, txn: record.id, events: { [type]: event } } }];
  });
}

/** An event about the stream itself (SSF §8.1.4.1 and §8.1.5): its subject is the stream. */
export function streamEventOf(
  stream: Subscription,
  event: {
    readonly id: string;
    readonly iss: string;
    readonly type: (typeof streamEventTypes)[keyof typeof streamEventTypes];
    readonly members: JsonObject;
    readonly at: Date;
  },
): SecurityEvent {
  const { id, iss, type, members, at } = event;
  const claims = claimsOf(stream, { id, iss, at, subject: { format: 'opaque', id: stream.id } });
  return { id, type, claims: { ...claims, events: { [type]: members } } };
}

/** The types that a stream delivers: those asked for that there are, or all when none was named. */
export function deliveredTypes({ events }: Pick<Subscription, 'events'>): readonly EventType[] {
  const all = Object.values(eventTypes);
  return events.length === 0 ? all : all.filter((type) => events.includes(type));
}

// RFC 8417 §2.2 and SSF §4.1: never `sub`, never `exp`.
function claimsOf(
  stream: Subscription,
  event: {
    readonly id: string;
    readonly iss: string;
    readonly at: Date;
    readonly subject: JsonObject;
  },
): JsonObject {
  return {
    iss: event.iss,
    jti: `${stream.id}.${event.id}`,
    iat: secondsOf(event.at),
    aud: stream.audience ?? stream.id,
    sub_id: event.subject,
  };
}

// RFC 9493 §3.2.7 and §3.2.4: a uri, and a did by its url.
function subjectOf({ agent, credential, organization }: Happening): JsonObject {
  if (agent === null) return { format: 'did', url: organization.did };
  // The passport of a strict document is that of another client_id of the same agent.
  const named = credential?.type === 'passport' ? credential.claims['id'] : undefined;
  return { format: 'uri', uri: typeof named === 'string' ? named : agent.clientId };
}

function secondsOf(moment: Date): number {
  return Math.floor(moment.getTime() / 1_000);
}
