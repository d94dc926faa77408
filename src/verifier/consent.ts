import type { AuthorizationDetail } from '../protocol/authorization-details.ts';
import { parseDateTimeStamp } from '../protocol/date-time.ts';
import { parseDidWeb } from '../protocol/did-web.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../protocol/strict-json.ts';
import { plainWords } from './plain-words.ts';
import type { Grant, Reason, Verdict } from './verdict.ts';

/** One thing that the agent asked to be allowed. */
export interface ConsentItem {
  /** For people, such as `read logs/production`; cleaned, still to be escaped for HTML. */
  readonly words: string;
  /** The scope or authorization detail itself, as in the verdict: a stranger's text. */
  readonly access: Grant;
}

/** A standard that the agent is attested to meet. */
export interface ConsentAttestation {
  readonly standard: string;
  /** ISO 8601; null when the passport names no end. */
  readonly validUntil: string | null;
}

/**
 * What a person is to know before they let an agent in, in the order in which to show it. Texts are
 * cleaned by `plainWords`: one line each, nothing invisible, cut where they are long, but for what is
 * granted; they are not HTML. What the papers say is there only when the verdict is `accepted`.
 */
export interface Consent {
  /** Where the agent is at home, with the port: in ASCII, so that a look-alike shows as `xn--…`. */
  readonly host: string | null;
  /** true when the host has letters beyond a to z, which may look like others. */
  readonly hostIsInternational: boolean;
  readonly clientId: string | null;
  /** The name that the issuer vouches for. The document's own `client_name` is nowhere in here. */
  readonly name: string | null;
  /** `agent`, `mcp-server` or `mcp-client`. */
  readonly kind: string | null;
  readonly version: string | null;
  /** Who signed the papers, and is trusted for this client. */
  readonly issuer: { readonly did: string; readonly host: string | null } | null;
  readonly granted: readonly ConsentItem[];
  readonly withheld: readonly ConsentItem[];
  /** Standards attested and not expired. */
  readonly attested: readonly ConsentAttestation[];
  /** Whether the agent may pass on what it is allowed; null when its papers do not say. */
  readonly mayDelegate: boolean | null;
  readonly outcome: Verdict['outcome'];
  readonly reason: Reason | null;
  /** ISO 8601. */
  readonly checkedAt: string;
  /** Seconds since the document was read, and the older status list signed for; null if neither was. */
  readonly documentAgeS: number | null;
  readonly statusAgeS: number | null;
  /** ISO 8601; from here on a new verdict may be another one. */
  readonly recheckBefore: string | null;
  /** Id of the report, for whoever is asked about it later. */
  readonly report: string;
}

const nameLength = 64;
const textLength = 256;
/** Nothing that is granted is cut off before a person's eyes: the papers bound its length. */
const uncut = Number.MAX_SAFE_INTEGER;

/** What of a request is the server's own affair. */
export interface ConsentOptions {
  /**
   * Scopes that papers have no say in, such as `openid`: they are in neither list, and the screen
   * names them in its own words. None unless given.
   */
  readonly ownScopes?: readonly string[];
}

/**
 * What an authorization server's consent screen shows, as data. CIMD-02 §8.5: the host of the
 * client_id comes first, because anybody can choose a name.
 */
export function consentOf(verdict: Verdict, { ownScopes = [] }: ConsentOptions = {}): Consent {
  const { outcome, reason, report } = verdict;
  const { subject, freshness, checkedAt, issuer } = report;
  const claims = outcome === 'accepted' ? (verdict.claims ?? {}) : {};
  const host = cleaned(subject.host, textLength);
  const own: ReadonlySet<Grant> = new Set(ownScopes);
  const items = (all: readonly Grant[], most: number) =>
    all.filter((one) => !own.has(one)).map((one) => itemOf(one, most));
  return {
    host,
    hostIsInternational: host?.includes('xn--') ?? false,
    clientId: cleaned(subject.clientId, textLength),
    name: cleaned(claims['name'], nameLength),
    kind: cleaned(claims['agentType'], nameLength),
    version: cleaned(claims['agentVersion'], nameLength),
    issuer: outcome === 'accepted' && issuer.trust === 'policy' ? issuerOf(issuer.did) : null,
    granted: items(verdict.granted, uncut),
    withheld: items(verdict.withheld, textLength),
    attested: attestedIn(claims, Date.parse(checkedAt)),
    mayDelegate: delegationIn(claims),
    outcome,
    reason,
    checkedAt,
    documentAgeS: freshness.documentAgeS,
    statusAgeS: freshness.statusAgeS,
    recheckBefore: freshness.recheckBefore,
    report: report.report,
  };
}

function issuerOf(did: string | null): Consent['issuer'] {
  if (did === null) return null;
  const parsed = parseDidWeb(did);
  const shown = plainWords(did, textLength);
  if (!parsed.ok) return { did: shown, host: null };
  const { host, port } = parsed.value;
  return { did: shown, host: port === undefined ? host : `${host}:${port}` };
}

function itemOf(access: Grant, most: number): ConsentItem {
  const words = typeof access === 'string' ? scopeWords(access) : detailWords(access);
  return { words: plainWords(words, most), access };
}

/** `read:logs/production` is `read logs/production`; what has no resource stays as it is. */
function scopeWords(scope: string): string {
  const [action = '', ...resource] = scope.split(':');
  return resource.length === 0 ? action : `${action} ${resource.join(':')}`;
}

/** `tickets: actions open, close; locations https://tickets.acme.com`. */
function detailWords(detail: AuthorizationDetail): string {
  const { type, ...members } = detail;
  const said = Object.entries(members).map(([member, value]) => `${member} ${valueWords(value)}`);
  return said.length === 0 ? type : `${type}: ${said.join('; ')}`;
}

function valueWords(value: JsonValue): string {
  if (typeof value === 'string') return value;
  const isList = Array.isArray(value) && value.every((entry) => typeof entry === 'string');
  return isList ? value.join(', ') : JSON.stringify(value);
}

function attestedIn(claims: JsonObject, now: number): readonly ConsentAttestation[] {
  const attestations = claims['complianceAttestations'];
  if (!Array.isArray(attestations)) return [];
  return attestations.filter(isJsonObject).flatMap((one: JsonObject) => attestationIn(one, now));
}

function attestationIn(attestation: JsonObject, now: number): readonly ConsentAttestation[] {
  const standard = cleaned(attestation['standard'], textLength);
  const end = attestation['validUntil'];
  if (standard === null) return [];
  if (end === undefined) return [{ standard, validUntil: null }];
  const parsed = parseDateTimeStamp(end);
  const isCurrent = parsed.ok && now < parsed.value.getTime();
  return isCurrent ? [{ standard, validUntil: parsed.value.toISOString() }] : [];
}

function delegationIn(claims: JsonObject): boolean | null {
  const delegation = claims['delegation'];
  const permitted = isJsonObject(delegation) ? delegation['permitted'] : undefined;
  return typeof permitted === 'boolean' ? permitted : null;
}

function cleaned(value: JsonValue | undefined, most: number): string | null {
  return typeof value === 'string' ? plainWords(value, most) : null;
}
