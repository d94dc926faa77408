import { maxClientIdLength, maxNumericDateS } from './limits.ts';
import { accepted, type Parsed, pointerTo, refused } from './parsed.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './strict-json.ts';

/** `typ` of a security event token (RFC 8417 §2.3). */
export const securityEventType = 'secevent+jwt';

/** Delivery by push (RFC 8935) and by poll (RFC 8936), as streams name them (SSF-1.0 §6.1). */
export const deliveryMethods = { push: 'urn:ietf:rfc:8935', poll: 'urn:ietf:rfc:8936' } as const;

/** The events of a stream about itself (SSF-1.0 §8.1). */
export const streamEvents = {
  verification: 'https://schemas.openid.net/secevent/ssf/event-type/verification',
  updated: 'https://schemas.openid.net/secevent/ssf/event-type/stream-updated',
} as const;

const caep = [
  'session-revoked',
  'token-claims-change',
  'credential-change',
  'assurance-level-change',
  'device-compliance-change',
];
const risc = [
  'account-credential-change-required',
  'account-purged',
  'account-disabled',
  'account-enabled',
  'identifier-changed',
  'identifier-recycled',
  'credential-compromise',
  'sessions-revoked',
];

/** The events of CAEP 1.0 and RISC 1.0 after which what is held of their subject may be out of date. */
export const changeEvents: readonly string[] = [
  ...caep.map((name) => `https://schemas.openid.net/secevent/caep/event-type/${name}`),
  ...risc.map((name) => `https://schemas.openid.net/secevent/risc/event-type/${name}`),
];

/** The member by which our own events say what happened, beside what their standard says. */
export const noticeMember = 'urn:sealwright:event';

/** What happened, in our own words, and which documents are to be read again. */
export interface EventNotice {
  /** Such as `credential.revoked`. */
  readonly type: string;
  /** Texts that say they are URLs; nothing else was judged about them. */
  readonly urls: readonly string[];
}

/** The claims of a security event token with its one event. Nothing in it is verified. */
export interface SecurityEvent {
  readonly iss: string;
  readonly aud: readonly string[];
  readonly jti: string;
  /** When it was issued, in milliseconds since the epoch. */
  readonly issuedAt: number;
  /** URI of the type of the event. */
  readonly type: string;
  /** The names of its subject: URIs, DIDs and identifiers of accounts, in the order of the token. */
  readonly subject: readonly string[];
  readonly payload: JsonObject;
  /** undefined when the event has none, as those of other transmitters. */
  readonly notice: EventNotice | undefined;
}

const maxTextLength = 2_048;
const maxAudiences = 16;
const maxNames = 32;
const maxUrls = 256;

/**
 * Reads the claims of a security event token (RFC 8417 §2.2, SSF-1.0 §4): exactly one event, a
 * subject, no `exp` and no `sub`. Rules: `set-issuer`, `set-audience`, `set-jti`, `set-iat`,
 * `set-claim`, `set-subject`, `set-events`, `set-notice`.
 */
export function parseSecurityEvent(claims: JsonObject): Parsed<SecurityEvent> {
  const { iss, jti, iat } = claims;
  // RFC 8417 §2.2: `exp` is not used; SSF-1.0 §4.1: nor is `sub`, so that no event is an ID token.
  for (const member of ['exp', 'sub']) {
    if (Object.hasOwn(claims, member)) {
      return refused(pointerTo(member), 'set-claim', 'a claim that no event token has');
    }
  }
  if (!isText(iss)) return refused('/iss', 'set-issuer', 'names no issuer');
  if (!isText(jti)) return refused('/jti', 'set-jti', 'has no identifier');
  if (!Number.isSafeInteger(iat) || Number(iat) < 0 || Number(iat) > maxNumericDateS) {
    return refused('/iat', 'set-iat', 'does not say in whole seconds when it was issued');
  }
  const aud = audienceOf(claims['aud']);
  if (aud === undefined) return refused('/aud', 'set-audience', 'names no audience');
  const event = eventOf(claims['events']);
  if (!event.ok) return event;
  const subject = claims['sub_id'];
  if (!isJsonObject(subject) || !isText(subject['format'])) {
    return refused('/sub_id', 'set-subject', 'has no subject identifier');
  }
  const names = namesIn(subject).slice(0, maxNames);
  return accepted({ iss, aud, jti, issuedAt: Number(iat) * 1_000, subject: names, ...event.value });
}

// RFC 7519 §4.1.3: one audience may stand without its array.
function audienceOf(aud: JsonValue | undefined): readonly string[] | undefined {
  const listed: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  return listed.length > 0 && listed.length <= maxAudiences && listed.every(isText)
    ? listed
    : undefined;
}

function eventOf(
  events: JsonValue | undefined,
): Parsed<Pick<SecurityEvent, 'type' | 'payload' | 'notice'>> {
  const entries = isJsonObject(events) ? Object.entries(events) : [];
  const [entry, second] = entries;
  // SSF-1.0 §4.1: one event in a token.
  if (entry === undefined || second !== undefined) {
    return refused('/events', 'set-events', 'does not hold exactly one event');
  }
  const [type, payload] = entry;
  if (!isText(type) || !isJsonObject(payload)) {
    return refused('/events', 'set-events', 'the event is not an object under its type');
  }
  const notice = noticeOf(payload[noticeMember]);
  return notice === null
    ? refused(`/events${pointerTo(type)}`, 'set-notice', 'the notice is not in its form')
    : accepted({ type, payload, notice });
}

/** undefined when there is none, null when it is none. */
function noticeOf(notice: JsonValue | undefined): EventNotice | null | undefined {
  if (notice === undefined) return undefined;
  if (!isJsonObject(notice) || !isText(notice['type'])) return null;
  const { type, urls = [] } = notice;
  const listed: readonly unknown[] | undefined = Array.isArray(urls) ? urls : undefined;
  return listed?.length !== undefined && listed.length <= maxUrls && listed.every(isText)
    ? { type, urls: listed }
    : null;
}

// RFC 9493 §3.2 and SSF-1.0 §3.3: simple subjects, aliases of one, and complex subjects, whose
// members are simple. What has another format names nothing that could be known here.
function namesIn(subject: JsonObject): readonly string[] {
  const { format } = subject;
  if (format === 'aliases') return nestedIn(subject['identifiers']);
  if (format === 'complex') return nestedIn(Object.values(subject));
  return simpleNameIn(subject);
}

function nestedIn(subjects: unknown): readonly string[] {
  const listed: readonly JsonValue[] = Array.isArray(subjects) ? subjects : [];
  return listed.filter(isJsonObject).flatMap(simpleNameIn);
}

const nameMembers: ReadonlyMap<unknown, string> = new Map([
  ['uri', 'uri'],
  ['did', 'url'],
  ['opaque', 'id'],
  ['iss_sub', 'sub'],
]);

function simpleNameIn(subject: JsonObject): readonly string[] {
  const name = subject[nameMembers.get(subject['format']) ?? ''];
  return isText(name) && name.length <= maxClientIdLength ? [name] : [];
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= maxTextLength;
}
