import { parseScope } from '../protocol/scope.ts';
import type { Inquiry, Parted } from './inquiry.ts';
import { ageSecondsOf } from './resolve/freshness.ts';
import type { Examination } from './run-checks.ts';
import type { Grant, Report, Verdict } from './verdict.ts';

/**
 * What an examination comes to. Claims are those of a credential whose signature was verified, and
 * of nothing else; access is granted only together with `accepted`.
 */
export function verdictOf(inquiry: Inquiry, examination: Examination): Verdict {
  const { outcome, reason } = examination;
  const client = inquiry.presentation.known?.document?.client ?? null;
  const claims = inquiry.signed.known?.subject ?? null;
  const { granted, withheld } = accessOf(inquiry, outcome);
  const report: Report = {
    report: `rpt_${globalThis.crypto.randomUUID().replaceAll('-', '')}`,
    outcome,
    reason,
    checkedAt: new Date(inquiry.now).toISOString(),
    input: inquiry.question.input,
    subject: subjectOf(inquiry),
    issuer: issuerOf(inquiry),
    freshness: freshnessOf(inquiry, outcome),
    granted,
    withheld,
    checks: examination.checks,
    claims,
  };
  const advisory = inquiry.court.trust.mode === 'monitor' ? { advisory: true as const } : {};
  return { outcome, reason, granted, withheld, client, claims, ...advisory, report };
}

function accessOf(inquiry: Inquiry, outcome: Verdict['outcome']): Parted<Grant> {
  const { scope, details } = inquiry.question;
  const decided = outcome === 'accepted' ? inquiry : undefined;
  const byScope = decided?.scopes.known ?? { granted: [], withheld: parseScope(scope) };
  const byDetail = decided?.details.known ?? { granted: [], withheld: details };
  return {
    granted: [...byScope.granted, ...byDetail.granted],
    withheld: [...byScope.withheld, ...byDetail.withheld],
  };
}

function subjectOf(inquiry: Inquiry): Report['subject'] {
  const signed = inquiry.signed.known;
  const client = inquiry.presentation.known?.document?.client;
  const name = signed?.subject['name'];
  return {
    clientId: inquiry.clientId.known ?? signed?.subjectId ?? null,
    did: signed?.subjectDid ?? null,
    name: typeof name === 'string' ? name : null,
    host: client?.host ?? (signed === undefined ? null : new URL(signed.subjectId).host),
  };
}

// Named once the credential reads, signed or not: a refused issuer is part of the explanation.
function issuerOf(inquiry: Inquiry): Report['issuer'] {
  const credential = inquiry.presentation.known?.credential?.credential;
  return {
    did: credential?.ok === true ? credential.value.issuer : null,
    trust: inquiry.trusted.known === undefined ? 'none' : 'policy',
  };
}

function freshnessOf(inquiry: Inquiry, outcome: Verdict['outcome']): Report['freshness'] {
  const held = inquiry.octets.known;
  const ages = inquiry.status.known?.map(({ ageMs }) => ageMs) ?? [];
  const oldest = ages.length === 0 ? undefined : Math.max(...ages);
  return {
    documentAgeS: held === undefined ? null : ageSecondsOf(held, inquiry.now),
    statusAgeS: oldest === undefined ? null : Math.floor(oldest / 1_000),
    recheckBefore: outcome === 'accepted' ? recheckBefore(inquiry, oldest ?? 0) : null,
  };
}

/** The instant from which the verdict may no longer be what a new one would be. */
function recheckBefore(inquiry: Inquiry, statusAgeMs: number): string {
  const statusEnds = inquiry.now + inquiry.limits.statusMaxAgeMs - statusAgeMs;
  const facets = inquiry.facets.known?.held ?? [];
  const credentials = [inquiry.signed.known, ...facets.map(({ credential }) => credential)];
  const ends = credentials.map((credential) => credential?.validUntil.getTime() ?? inquiry.now);
  return new Date(Math.min(statusEnds, ...ends)).toISOString();
}
