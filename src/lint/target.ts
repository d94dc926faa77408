import type { CacheFacts } from './cache-facts.ts';
import { type Finding, type Ground, listPlaces, type Severity } from './finding.ts';
import type { StandardId } from './standard-rules.ts';
import type { Subject } from './subject.ts';

/** One rule of a server, beyond the standard or against it. */
export interface TargetRule {
  /** Without the target's own id: `{part}.{defect}`. */
  readonly id: string;
  readonly severity: Severity;
  /** One sentence, or one made of the places that were found. */
  readonly message: string | ((places: readonly string[]) => string);
  readonly fix: string;
  /** JSON Pointers to where the document breaks it; empty when it does not. */
  readonly find: (subject: Subject) => readonly string[];
  /** Where this rule rests on something else than the rest of the target. */
  readonly ground?: Ground;
}

/** What is known about a server that reads client metadata documents, or about a profile of them. */
export interface Target extends Ground {
  readonly id: string;
  readonly name: string;
  readonly versions: string;
  /** `partial`: too little is known to say that it accepts a document, whatever the rules find. */
  readonly knowledge: 'whole' | 'partial';
  /** The largest document that it reads, in octets; null when that is not known. */
  readonly maxBytes: number | null;
  /** Where that limit rests on something else than the rest of the target. */
  readonly maxBytesGround?: Ground;
  /** What becomes of members it does not know, such as `vc+jwt`. */
  readonly extraMembers: 'accepted' | 'kept-if-declared' | 'dropped' | 'refused' | 'unknown';
  readonly cache: CacheFacts;
  /** Errors by the standard for which it is known to refuse a document. */
  readonly enforces: readonly StandardId[];
  /** Errors by the standard that do not trouble it, or for which `rules` say exactly what does. */
  readonly tolerates: readonly StandardId[];
  readonly rules: readonly TargetRule[];
}

/** Whether a server takes a document; `unknown` when what is known about it does not say. */
export type Outcome = 'accepts' | 'refuses' | 'unknown';

/** Whether a server takes a document, and the ids of the findings that decide it or leave it open. */
export interface Judgement {
  readonly outcome: Outcome;
  readonly reasons: readonly string[];
}

/** CIMD-02 §4.1, §5: without these there is no document, so every server refuses. */
const everyServer: ReadonlySet<string> = new Set<StandardId>([
  'cimd.response.status',
  'cimd.response.redirect',
  'cimd.json.syntax',
  'cimd.json.html',
  'cimd.json.not-object',
  'cimd.client-id.missing',
  'cimd.client-id.mismatch',
]);

/** What the rules of a target find in a document that could be read. */
export function findTargetFindings(target: Target, subject: Subject): readonly Finding[] {
  return [...sizeRules(target), ...target.rules].flatMap((rule) => {
    const places = rule.find(subject);
    return places.length === 0 ? [] : [targetFinding(target, rule, places)];
  });
}

/** What a rule of a target says, wherever it is broken. */
export type ListedRule = Pick<Finding, 'id' | 'severity' | 'message' | 'fix' | 'source'>;

const anyPlace = ['/…'];

/** Every rule of a target, whether or not a document breaks it. */
export function listTargetRules(target: Target): readonly ListedRule[] {
  return [...sizeRules(target), ...target.rules].map((rule) => {
    const { id, severity, message, fix, source, basis, asOf } = targetFinding(
      target,
      rule,
      anyPlace,
    );
    return { id, severity, message, fix, source: `${source} (${basis}, ${asOf})` };
  });
}

function targetFinding(target: Target, rule: TargetRule, places: readonly string[]): Finding {
  const { basis, asOf } = rule.ground ?? target;
  return {
    id: `${target.id}.${rule.id}`,
    severity: rule.severity,
    ...listPlaces(places),
    message: typeof rule.message === 'string' ? rule.message : rule.message(places),
    fix: rule.fix,
    source: `${target.name} ${target.versions}`.trim(),
    basis,
    asOf,
  };
}

function sizeRules({ maxBytes, maxBytesGround, name }: Target): readonly TargetRule[] {
  if (maxBytes === null) return [];
  return [
    {
      id: 'document.size',
      severity: 'error',
      message: `${name} reads at most ${maxBytes} octets of a document.`,
      fix: 'Shorten the largest members; the byte budget lists them.',
      find: ({ bytes }) => (bytes > maxBytes ? [''] : []),
      ...(maxBytesGround && { ground: maxBytesGround }),
    },
  ];
}

/**
 * Whether a target takes the document, from what the standard and its own rules found. An error by
 * the standard of which nobody knows what the server makes of it leaves the answer open.
 */
export function judgeTarget(
  target: Target,
  found: { readonly standard: readonly Finding[]; readonly own: readonly Finding[] },
): Judgement {
  const errors = idsOfErrors(found.standard);
  const refused = [
    ...errors.filter((id) => everyServer.has(id) || includes(target.enforces, id)),
    ...idsOfErrors(found.own),
  ];
  if (refused.length > 0) return { outcome: 'refuses', reasons: refused };
  const open = errors.filter((id) => !isTolerated(target, id));
  const unknown = open.length > 0 || target.knowledge === 'partial';
  return { outcome: unknown ? 'unknown' : 'accepts', reasons: open };
}

function idsOfErrors(findings: readonly Finding[]): readonly string[] {
  return findings.filter(({ severity }) => severity === 'error').map(({ id }) => id);
}

function isTolerated(target: Target, id: string): boolean {
  // The size has a rule of the target's own, where its limit is known.
  if (id === 'cimd.document.size') return target.maxBytes !== null;
  // A server that drops the credential unread does not mind what it is.
  const unread = target.extraMembers === 'dropped' || target.extraMembers === 'kept-if-declared';
  if (id.startsWith('cimd.vc-jwt.') && unread) return true;
  return includes(target.tolerates, id);
}

function includes(ids: readonly StandardId[], id: string): boolean {
  return ids.some((known) => known === id);
}
