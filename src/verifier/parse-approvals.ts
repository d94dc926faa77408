import { parseDateTimeStamp } from '../protocol/date-time.ts';
import { accepted, type Fault, type Parsed, pointerTo, refusedAll } from '../protocol/parsed.ts';
import { isJsonObject, type JsonValue, parseStrictJsonObject } from '../protocol/strict-json.ts';
import {
  type Approval,
  type ApprovalDecision,
  kindOfName,
  type SeenDocument,
} from './approvals.ts';

/** The form of the text; another one would be a version that this code does not know. */
const version = 1;

/** What is kept as one text: JSON that people can read. */
export function renderApprovals(entries: Iterable<Approval>): string {
  return `${JSON.stringify({ version, approvals: [...entries] }, null, 1)}\n`;
}

/**
 * Reads what `renderApprovals` wrote, and refuses everything else: a half of it, another version, a
 * member that is missing or unknown. Rules: `approvals-…` and those of strict JSON.
 */
export function parseApprovals(text: string): Parsed<readonly Approval[]> {
  const json = parseStrictJsonObject(text);
  if (!json.ok) return json;
  const reading: Reading = { faults: [], pointer: '' };
  const { approvals } = membersOf(reading, json.value, ['version', 'approvals']);
  if (json.value['version'] !== version) report(at(reading, 'version'), `must be ${version}`);
  const entries = listOf(at(reading, 'approvals'), approvals, readApproval);
  const names = entries.map(({ name }) => name);
  if (new Set(names).size < names.length) report(at(reading, 'approvals'), 'names one thing twice');
  return reading.faults.length === 0 ? accepted(entries) : refusedAll(reading.faults);
}

interface Reading {
  readonly faults: Fault[];
  readonly pointer: string;
}

type Value = JsonValue | undefined;

function readApproval(reading: Reading, input: Value): Approval {
  const members = ['name', 'decision', 'approved', 'seen', 'history'] as const;
  const { name, decision, approved, seen, history } = membersOf(reading, input, members);
  const text = textOf(at(reading, 'name'), name);
  if (kindOfName(text) === undefined) report(at(reading, 'name'), 'is no client, host or issuer');
  return {
    name: text,
    decision: decision === null ? null : readDecision(at(reading, 'decision'), decision),
    approved: approved === null ? null : readSeen(at(reading, 'approved'), approved),
    seen: seen === null ? null : readSeen(at(reading, 'seen'), seen),
    history: listOf(at(reading, 'history'), history, readDecision),
  };
}

function readDecision(reading: Reading, input: Value): ApprovalDecision {
  const members = ['state', 'by', 'reason', 'at', 'digest'] as const;
  const { state, by, reason, at: time, digest } = membersOf(reading, input, members);
  return {
    state: readState(at(reading, 'state'), state),
    by: textOf(at(reading, 'by'), by),
    reason: textOf(at(reading, 'reason'), reason),
    at: timeOf(at(reading, 'at'), time),
    digest: digest === null ? null : textOf(at(reading, 'digest'), digest),
  };
}

function readState(reading: Reading, input: Value): ApprovalDecision['state'] {
  if (input === 'allowed' || input === 'blocked' || input === 'forgotten') return input;
  report(reading, 'must be allowed, blocked or forgotten');
  return 'blocked';
}

function readSeen(reading: Reading, input: Value): SeenDocument {
  const members = ['digest', 'seenAt', 'issuer', 'document', 'keys'] as const;
  const { digest, seenAt, issuer, document, keys } = membersOf(reading, input, members);
  const text = textOf(at(reading, 'document'), document);
  if (!parseStrictJsonObject(text).ok) report(at(reading, 'document'), 'is no JSON object');
  return {
    digest: textOf(at(reading, 'digest'), digest),
    seenAt: timeOf(at(reading, 'seenAt'), seenAt),
    issuer: textOf(at(reading, 'issuer'), issuer),
    document: text,
    keys: listOf(at(reading, 'keys'), keys, textOf),
  };
}

function membersOf<const Name extends string>(
  reading: Reading,
  input: Value,
  names: readonly Name[],
): { readonly [Member in Name]?: JsonValue } {
  if (!isJsonObject(input)) {
    report(reading, 'must be an object');
    return {};
  }
  const known: readonly string[] = names;
  for (const name of Object.keys(input).filter((one) => !known.includes(one))) {
    report(at(reading, name), 'is not a known member');
  }
  const members: { [Member in Name]?: JsonValue } = {};
  for (const name of names) {
    const value = Object.hasOwn(input, name) ? input[name] : undefined;
    if (value === undefined) report(at(reading, name), 'is missing');
    else members[name] = value;
  }
  return members;
}

function listOf<Item>(
  reading: Reading,
  input: Value,
  read: (reading: Reading, item: Value) => Item,
): readonly Item[] {
  if (Array.isArray(input)) return input.map((item, index) => read(at(reading, index), item));
  report(reading, 'must be a list');
  return [];
}

function textOf(reading: Reading, input: Value): string {
  if (typeof input === 'string' && input !== '') return input;
  report(reading, 'must be a text that is not empty');
  return '';
}

function timeOf(reading: Reading, input: Value): string {
  if (!parseDateTimeStamp(input).ok) report(reading, 'must be an instant');
  return typeof input === 'string' ? input : '';
}

function at({ faults, pointer }: Reading, member: string | number): Reading {
  return { faults, pointer: `${pointer}${pointerTo(member)}` };
}

function report({ faults, pointer }: Reading, detail: string): void {
  faults.push({ pointer, rule: 'approvals-shape', detail });
}
