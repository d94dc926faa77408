import { parseClientId } from '../protocol/client-id.ts';
import { type SignatureAlgorithm, signatureAlgorithms } from '../protocol/compact-jws.ts';
import { parseDateTimeStamp } from '../protocol/date-time.ts';
import { parseDidWeb } from '../protocol/did-web.ts';
import type { Parsed } from '../protocol/parsed.ts';
import { accepted, refusedAll } from '../protocol/parsed.ts';
import { isScopeToken } from '../protocol/scope.ts';
import { readEventSources } from './events/event-sources.ts';
import { freezeDeeply } from './intake/presentation.ts';
import {
  below,
  type Members,
  optional,
  type Reading,
  readList,
  readMembers,
  readNumber,
  readSome,
  readText,
  report,
} from './policy-reading.ts';
import type {
  LifetimeLimit,
  RequiredClaim,
  StatusLimits,
  TrustEntry,
  TrustPolicy,
} from './ports.ts';

/** Bounds of `status.maxAgeS`: below the floor no list could be reused, above it none is fresh. */
export const statusMaxAgeBoundsS = { floor: 30, default: 60, ceiling: 3_600 } as const;
/** Bounds of `status.staleS`, the grace in which an unreachable list is still believed. */
export const statusStaleBoundsS = { floor: 0, default: 0, ceiling: 3_600 } as const;
/** Bounds of `lifetime.maxDays`, the longest life of a passport. */
export const lifetimeBoundsDays = { floor: 1, default: 31, ceiling: 3_660 } as const;

/**
 * Reads a trust policy, such as the content of `trust.yaml`, and refuses what it does not know:
 * a misspelt member must never become a rule that is not there. Nothing absent means "any". What
 * comes back is a copy, and frozen.
 */
export function parseTrustPolicy(input: unknown): Parsed<TrustPolicy> {
  const reading: Reading = { pointer: '', faults: [] };
  const members = readMembers(reading, input, [
    'mode',
    'trust',
    'block',
    'require',
    'status',
    'lifetime',
    'approval',
    'events',
  ]);
  const { mode } = members;
  if (mode !== 'enforce' && mode !== 'monitor') {
    report(below(reading, 'mode'), 'policy-mode', 'must be "enforce" or "monitor"');
  }
  const policy: TrustPolicy = {
    mode: mode === 'monitor' ? 'monitor' : 'enforce',
    trust: readList(below(reading, 'trust'), members['trust'], readEntry),
    ...optional('block', members, (value) => readList(below(reading, 'block'), value, readBlocked)),
    ...optional('require', members, (value) => readRequire(below(reading, 'require'), value)),
    ...optional('status', members, (value) => readStatus(below(reading, 'status'), value)),
    ...optional('lifetime', members, (value) => readLifetime(below(reading, 'lifetime'), value)),
    ...optional('approval', members, (value) => readApproval(below(reading, 'approval'), value)),
    ...optional('events', members, (value) => readEventSources(below(reading, 'events'), value)),
  };
  return reading.faults.length === 0 ? accepted(freezeDeeply(policy)) : refusedAll(reading.faults);
}

function readApproval(reading: Reading, input: unknown): 'required' | 'none' {
  if (input === 'required' || input === 'none') return input;
  report(reading, 'policy-approval', 'must be "required" or "none"');
  return 'required';
}

function readEntry(reading: Reading, input: unknown): TrustEntry {
  const members = readMembers(reading, input, [
    'issuer',
    'clientIds',
    'credentialTypes',
    'algorithms',
    'status',
    'lifetime',
    'distrustAfter',
  ]);
  const { issuer, distrustAfter } = members;
  if (!parseDidWeb(issuer).ok) {
    report(below(reading, 'issuer'), 'policy-issuer', 'must be one did:web identifier');
  }
  if (distrustAfter !== undefined && distrustAfter !== null) {
    readInstant(below(reading, 'distrustAfter'), distrustAfter);
  }
  return {
    issuer: typeof issuer === 'string' ? issuer : '',
    clientIds: readSome(below(reading, 'clientIds'), members['clientIds'], readPrefix),
    credentialTypes: readSome(
      below(reading, 'credentialTypes'),
      members['credentialTypes'],
      readText,
    ),
    ...readEntryLimits(reading, members),
    distrustAfter: typeof distrustAfter === 'string' ? distrustAfter : null,
  };
}

function readEntryLimits(reading: Reading, members: Members) {
  const algorithms = below(reading, 'algorithms');
  return {
    ...optional('algorithms', members, (value) => readSome(algorithms, value, readAlgorithm)),
    ...optional('status', members, (value) => readStatus(below(reading, 'status'), value)),
    ...optional('lifetime', members, (value) => readLifetime(below(reading, 'lifetime'), value)),
  };
}

function readAlgorithm(reading: Reading, input: unknown): SignatureAlgorithm {
  const algorithm = signatureAlgorithms.find((known) => known === input);
  if (algorithm === undefined) {
    report(reading, 'policy-algorithm', `must be one of ${signatureAlgorithms.join(', ')}`);
  }
  return algorithm ?? 'ES256';
}

// A prefix that ends in "/" can only match at a path-segment boundary of the raw client_id.
function readPrefix(reading: Reading, input: unknown): string {
  const text = readText(reading, input);
  if (!text.endsWith('/') || !parseClientId(`${text}x`, { allowLoopback: true }).ok) {
    report(reading, 'policy-prefix', 'must be an https URL without query that ends in "/"');
  }
  return text;
}

function readBlocked(reading: Reading, input: unknown): string {
  const text = readText(reading, input);
  const named = text.endsWith('/') ? `${text}x` : text;
  if (!parseClientId(named, { allowLoopback: true }).ok) {
    report(reading, 'policy-blocked', 'must be a client_id, or a prefix of some that ends in "/"');
  }
  return text;
}

function readRequire(reading: Reading, input: unknown): NonNullable<TrustPolicy['require']> {
  const members = readMembers(reading, input, [
    'complianceAttestations',
    'authorizedScopes',
    'credentialTypes',
    'claims',
  ]);
  const standards = below(reading, 'complianceAttestations');
  const scopes = below(reading, 'authorizedScopes');
  const types = below(reading, 'credentialTypes');
  const claims = below(reading, 'claims');
  return {
    ...optional('complianceAttestations', members, (value) => readList(standards, value, readText)),
    ...optional('authorizedScopes', members, (value) => readList(scopes, value, readScope)),
    ...optional('credentialTypes', members, (value) => readList(types, value, readText)),
    ...optional('claims', members, (value) => readList(claims, value, readClaim)),
  };
}

function readClaim(reading: Reading, input: unknown): RequiredClaim {
  const members = readMembers(reading, input, ['claim', 'oneOf', 'atLeast']);
  const { oneOf, atLeast } = members;
  const claim = readPointer(below(reading, 'claim'), members['claim']);
  const least = below(reading, 'atLeast');
  if ((oneOf === undefined) === (atLeast === undefined)) {
    report(reading, 'policy-claim', 'must have exactly one of "oneOf" and "atLeast"');
  }
  return oneOf === undefined
    ? { claim, atLeast: atLeast === undefined ? 0 : readNumber(least, atLeast, anyNumber) }
    : { claim, oneOf: readSome(below(reading, 'oneOf'), oneOf, readScalar) };
}

const anyNumber = { floor: -Number.MAX_SAFE_INTEGER, ceiling: Number.MAX_SAFE_INTEGER } as const;
// RFC 6901 §3: "~" is written "~0", and "/" within a name "~1".
const jsonPointer = /^(?:\/(?:[^~/]|~[01])*)+$/;

function readPointer(reading: Reading, input: unknown): string {
  const text = readText(reading, input);
  if (text !== '' && !jsonPointer.test(text)) {
    report(reading, 'policy-pointer', 'must be a JSON Pointer such as /provenance/slsaLevel');
  }
  return text;
}

function readScalar(reading: Reading, input: unknown): string | number | boolean {
  const isNumber = typeof input === 'number' && Number.isFinite(input);
  if (typeof input === 'string' || typeof input === 'boolean' || isNumber) {
    return input;
  }
  report(reading, 'policy-value', 'must be a text, a number, true or false');
  return '';
}

function readStatus(reading: Reading, input: unknown): StatusLimits {
  const members = readMembers(reading, input, ['maxAgeS', 'staleS']);
  const maxAge = below(reading, 'maxAgeS');
  const stale = below(reading, 'staleS');
  return {
    ...optional('maxAgeS', members, (value) => readNumber(maxAge, value, statusMaxAgeBoundsS)),
    ...optional('staleS', members, (value) => readNumber(stale, value, statusStaleBoundsS)),
  };
}

function readLifetime(reading: Reading, input: unknown): LifetimeLimit {
  const members = readMembers(reading, input, ['maxDays']);
  const days = below(reading, 'maxDays');
  return optional('maxDays', members, (value) => readNumber(days, value, lifetimeBoundsDays));
}

function readScope(reading: Reading, input: unknown): string {
  const text = readText(reading, input);
  if (text !== '' && !isScopeToken(text)) {
    report(reading, 'policy-scope', 'must be one scope token (RFC 6749 section 3.3)');
  }
  return text;
}

function readInstant(reading: Reading, input: unknown): void {
  if (!parseDateTimeStamp(input).ok) {
    report(reading, 'policy-instant', 'must be null or an instant such as 2026-11-20T12:00:00Z');
  }
}
