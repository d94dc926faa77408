import { maxDocumentBytes, publishDocumentBytes } from '../protocol/limits.ts';
import { type Parsed, refused } from '../protocol/parsed.ts';
import { type JsonObject, parseStrictJsonObject } from '../protocol/strict-json.ts';
import { type ByteBudget, budgetBytes } from './byte-budget.ts';
import { keptSeconds } from './cache-facts.ts';
import type { Finding, Ground } from './finding.ts';
import { type Defect, findMetadataDefects } from './metadata-defects.ts';
import { findResponseDefects } from './response-defects.ts';
import { findingOf, type StandardId } from './standard-rules.ts';
import type { LintInput, Subject } from './subject.ts';
import { findTargetFindings, type Judgement, judgeTarget, type Target } from './target.ts';
import { findUrlDefects } from './url-defects.ts';

/** What a target makes of the document. */
export interface TargetReport extends Ground, Judgement {
  readonly target: string;
  readonly name: string;
  readonly versions: string;
  /** What the target's own rules found. */
  readonly findings: readonly Finding[];
  readonly extraMembers: Target['extraMembers'];
  readonly maxBytes: number | null;
  /** How long it keeps the document once that is withdrawn. */
  readonly cache: Ground & {
    /** At least and at most, in seconds; null where no bound is known. */
    readonly minSeconds: number;
    readonly maxSeconds: number | null;
    /** When the answer says nothing, in seconds; null when that is not known. */
    readonly silentSeconds: number | null;
    /** By the headers of this answer, in seconds; null when they are unknown or do not settle it. */
    readonly thisDocumentSeconds: number | null;
    readonly remark: string | null;
  };
}

/** What could not be looked at, because nobody knows it. */
export type Unchecked = 'url' | 'response' | 'key-set';

/** What is wrong with a document, by the standards and for each target. */
export interface LintReport {
  /** By the standards, in the order of reading; one finding per rule. */
  readonly findings: readonly Finding[];
  readonly targets: readonly TargetReport[];
  /** Whether the octets hold a JSON object that every reader takes alike. */
  readonly readable: boolean;
  readonly budget: ByteBudget;
  /** The URL and the answer, unless they were given; the key set at jwks_uri is never read. */
  readonly unchecked: readonly Unchecked[];
}

/**
 * Lints a client metadata document by the standards (CIMD-02, RFC 7591 and what they stand on) and
 * for these targets. Reads nothing but what it is given, verifies no signature and never throws for
 * its input. A document that cannot be read gets the finding that says why; the rules of the
 * targets need one that can.
 */
export function lintDocument(
  input: LintInput,
  { targets }: { readonly targets: readonly Target[] },
): LintReport {
  const reading = readDocument(input);
  const subject = subjectOf(input, reading.json);
  const findings = collect([
    ...urlDefectsOf(input, reading.json),
    ...reading.defects,
    ...(subject === null ? [] : findMetadataDefects(subject)),
  ]);
  return {
    findings,
    targets: targets.map((target) => reportOn(target, { input, subject, findings })),
    readable: reading.json !== null,
    budget: budgetBytes(input.body.length, reading.json),
    unchecked: uncheckedOf(input, reading.json),
  };
}

interface Reading {
  readonly json: JsonObject | null;
  readonly defects: readonly Defect[];
}

function readDocument({ body, response }: LintInput): Reading {
  const around = response === undefined ? [] : findResponseDefects(response);
  const defects = [...around, ...sizeDefects(body.length)].map((id): Defect => [id, '']);
  // CIMD-02 §4: an answer without status 200 holds no document.
  if (response !== undefined && response.status !== 200) return { json: null, defects };
  const parsed = parseBody(body);
  if (parsed.ok) return { json: parsed.value, defects };
  const unreadable = parsed.faults.map(
    ({ rule, pointer }): Defect => [jsonRules[rule] ?? 'cimd.json.syntax', pointer],
  );
  return { json: null, defects: [...defects, ...unreadable] };
}

function sizeDefects(bytes: number): readonly StandardId[] {
  // CIMD-02 §8.7: 5 KB is what servers are recommended to read.
  if (bytes > maxDocumentBytes) return ['cimd.document.size'];
  return bytes > publishDocumentBytes ? ['cimd.document.near-limit'] : [];
}

/** The rules of `parseStrictJsonObject`, and the two that only a look at the octets tells apart. */
const jsonRules: Readonly<Record<string, StandardId>> = {
  'json-utf8': 'cimd.json.encoding',
  'json-bom': 'cimd.json.byte-order-mark',
  'json-html': 'cimd.json.html',
  'json-syntax': 'cimd.json.syntax',
  'json-not-object': 'cimd.json.not-object',
  'json-duplicate': 'cimd.json.duplicate-member',
  'json-depth': 'cimd.json.depth',
  'json-number': 'cimd.json.number',
  'json-surrogate': 'cimd.json.surrogate',
  'json-member': 'cimd.json.member-name',
};

const byteOrderMark = [0xef, 0xbb, 0xbf];
const lessThan = 0x3c;
const blanks: ReadonlySet<number> = new Set([0x09, 0x0a, 0x0d, 0x20]);

function parseBody(body: Uint8Array): Parsed<JsonObject> {
  // RFC 8259 §8.1: readers differ about a byte order mark, so its finding is one of its own.
  if (byteOrderMark.every((octet, at) => body[at] === octet)) return refused('', 'json-bom', '');
  if (body.find((octet) => !blanks.has(octet)) === lessThan) return refused('', 'json-html', '');
  return parseStrictJsonObject(body);
}

function urlDefectsOf(input: LintInput, json: JsonObject | null): readonly Defect[] {
  const options = { allowLoopback: input.allowLoopback === true };
  if (input.url !== undefined) {
    return findUrlDefects(input.url, options).map((id): Defect => [id, '']);
  }
  const own = json?.['client_id'];
  if (typeof own !== 'string') return [];
  return findUrlDefects(own, options).map((id): Defect => [id, '/client_id']);
}

function subjectOf(input: LintInput, json: JsonObject | null): Subject | null {
  if (json === null) return null;
  const own = json['client_id'];
  return {
    json,
    bytes: input.body.length,
    url: input.url ?? (typeof own === 'string' ? own : null),
    response: input.response ?? null,
    allowLoopback: input.allowLoopback === true,
  };
}

/** One finding per rule, with all of its places. */
function collect(defects: readonly Defect[]): readonly Finding[] {
  const places = new Map<StandardId, string[]>();
  for (const [id, place] of defects) {
    const known = places.get(id);
    if (known === undefined) places.set(id, [place]);
    else known.push(place);
  }
  return [...places].map(([id, found]) => findingOf(id, found));
}

function reportOn(
  target: Target,
  context: {
    readonly input: LintInput;
    readonly subject: Subject | null;
    readonly findings: readonly Finding[];
  },
): TargetReport {
  const { subject } = context;
  const own = subject === null ? [] : findTargetFindings(target, subject);
  const { basis, asOf, cache } = target;
  return {
    target: target.id,
    name: target.name,
    versions: target.versions,
    ...judgeTarget(target, { standard: context.findings, own }),
    basis,
    asOf,
    findings: own,
    extraMembers: target.extraMembers,
    maxBytes: target.maxBytes,
    cache: {
      minSeconds: cache.minSeconds,
      maxSeconds: cache.maxSeconds,
      silentSeconds: cache.silentSeconds,
      thisDocumentSeconds: keptSeconds(cache, context.input.response ?? null),
      remark: cache.remark ?? null,
      ...(cache.ground ?? { basis, asOf }),
    },
  };
}

function uncheckedOf(input: LintInput, json: JsonObject | null): readonly Unchecked[] {
  return [
    ...(input.url === undefined ? (['url'] as const) : []),
    ...(input.response === undefined ? (['response'] as const) : []),
    ...(json?.['jwks_uri'] === undefined ? [] : (['key-set'] as const)),
  ];
}
