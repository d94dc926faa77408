import { uriPattern } from './claim-shape.ts';
import { parseDocumentUrl } from './document-url.ts';
import { accepted, type Parsed, pointerTo, type Refused, refused } from './parsed.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './strict-json.ts';

/** Where one status of a credential stands in a W3C list (BSL §2.1). */
export interface BitstringEntry {
  readonly purpose: string;
  readonly index: number;
  /** URL of the list. */
  readonly list: string;
}

/** Where the status of a credential stands in an IETF list (TSL §6.2). */
export interface TokenStatusEntry {
  readonly idx: number;
  /** URL of the list. */
  readonly uri: string;
}

/** Everything that a credential says about where its status is found. */
export interface StatusEntries {
  readonly bitstringEntries: readonly BitstringEntry[];
  readonly tokenStatus: TokenStatusEntry | undefined;
}

/** What an issuer writes into a credential: one index, the same in all three lists. */
export interface StatusReferences {
  readonly revocationList: string;
  readonly suspensionList: string;
  readonly tokenList: string;
  readonly index: number;
}

// BSL §2.1: a decimal number in a string, in one spelling.
const decimal = /^(?:0|[1-9]\d{0,15})$/;
const purposes: readonly JsonValue[] = ['revocation', 'suspension'];

/** Builds `credentialStatus` and `status` of a credential. */
export function buildStatusMembers(references: StatusReferences): JsonObject {
  const { index, revocationList, suspensionList, tokenList } = references;
  const entry = (statusPurpose: string, statusListCredential: string): JsonObject => ({
    type: 'BitstringStatusListEntry',
    statusPurpose,
    statusListIndex: String(index),
    statusListCredential,
  });
  return {
    credentialStatus: [entry('revocation', revocationList), entry('suspension', suspensionList)],
    status: { status_list: { idx: index, uri: tokenList } },
  };
}

/**
 * Parses `credentialStatus` and `status` of a credential; either may be absent. A status of a kind
 * or purpose that we cannot check refuses the credential: VC-JOSE-COSE §5 would have it ignored,
 * which would pass what somebody took the trouble to mark. Rules: `status-…`.
 */
export function parseStatusEntries(payload: JsonObject): Parsed<StatusEntries> {
  const bitstringEntries: BitstringEntry[] = [];
  for (const [at, json] of entriesOf(payload['credentialStatus']).entries()) {
    const entry = parseBitstringEntry(json, `/credentialStatus${pointerTo(at)}`);
    if (!entry.ok) return entry;
    bitstringEntries.push(entry.value);
  }
  const tokenStatus = parseTokenStatus(payload['status']);
  return tokenStatus.ok
    ? accepted({ bitstringEntries, tokenStatus: tokenStatus.value })
    : tokenStatus;
}

// VCDM-2.0 §4.10: one object, or an array of them.
function entriesOf(status: JsonValue | undefined): readonly JsonValue[] {
  if (status === undefined) return [];
  return Array.isArray(status) ? status : [status as JsonValue];
}

function parseBitstringEntry(json: JsonValue, pointer: string): Parsed<BitstringEntry> {
  if (!isJsonObject(json)) return refused(pointer, 'status-entry', 'not an object');
  const { id, type, statusPurpose, statusListIndex, statusListCredential, statusSize } = json;
  // BSL §2.1: the id, if there is one, is the entry's own and not the list's.
  if (id !== undefined && (!isUri(id) || id === statusListCredential)) {
    return refused(`${pointer}/id`, 'status-entry', 'its id is no URI of its own');
  }
  if (type !== 'BitstringStatusListEntry') {
    return refused(`${pointer}/type`, 'status-unsupported', 'a kind of status not checked here');
  }
  if (typeof statusPurpose !== 'string' || !purposes.includes(statusPurpose)) {
    return refused(`${pointer}/statusPurpose`, 'status-purpose', 'a purpose not checked here');
  }
  // BSL §2.1: entries of one bit are the default; wider ones carry messages.
  if (statusSize !== undefined && statusSize !== 1) {
    return refused(`${pointer}/statusSize`, 'status-size', 'entries here have one bit');
  }
  const list = parseListUrl(statusListCredential, `${pointer}/statusListCredential`);
  if (!list.ok) return list;
  if (typeof statusListIndex !== 'string' || !decimal.test(statusListIndex)) {
    return refused(`${pointer}/statusListIndex`, 'status-index', 'not a decimal number');
  }
  const index = Number(statusListIndex);
  return Number.isSafeInteger(index)
    ? accepted({ purpose: statusPurpose, index, list: list.value })
    : refused(`${pointer}/statusListIndex`, 'status-index', 'larger than any list');
}

function isUri(value: JsonValue): boolean {
  return typeof value === 'string' && uriPattern.test(value);
}

// TSL §6.2: an object with idx and uri below `status_list`.
function parseTokenStatus(status: JsonValue | undefined): Parsed<TokenStatusEntry | undefined> {
  if (status === undefined) return accepted(undefined);
  const entry = isJsonObject(status) ? status['status_list'] : undefined;
  if (!isJsonObject(entry)) return misplaced('not a status list reference');
  const { idx, uri } = entry;
  const list = parseListUrl(uri, '/status/status_list/uri');
  if (!list.ok) return list;
  return typeof idx === 'number' && Number.isInteger(idx) && idx >= 0
    ? accepted({ idx, uri: list.value })
    : misplaced('idx is not a whole number');
}

function misplaced(detail: string): Refused {
  return refused('/status/status_list', 'status-token', detail);
}

// Loopback is for whoever fetches to allow; the spelling is judged here.
function parseListUrl(url: JsonValue | undefined, pointer: string): Parsed<string> {
  const parsed = parseDocumentUrl(url, { allowLoopback: true });
  return parsed.ok ? parsed : refused(pointer, 'status-list-url', 'not the URL of a list');
}
