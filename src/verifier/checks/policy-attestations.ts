import { parseDateTimeStamp } from '../../protocol/date-time.ts';
import type { AttestationSummary } from '../../protocol/passport.ts';
import type { Finding } from '../finding.ts';
import { fail, pass, skip } from '../finding.ts';
import type { Inquiry } from '../inquiry.ts';

/** Every standard that the policy requires is attested in the passport, and not out of date. */
export function checkPolicyAttestations(inquiry: Inquiry): Finding {
  const { requiredStandards } = inquiry.court.trust;
  if (requiredStandards.length === 0) {
    return skip('the policy requires no attestation');
  }
  if (inquiry.statement.value.kind !== 'passport') {
    return skip('only a passport is held to this');
  }
  const { complianceAttestations = [] } = inquiry.passport;
  const current = complianceAttestations
    .filter((attestation) => isCurrent(attestation, inquiry.now))
    .map(({ standard }) => standard);
  const missing = requiredStandards.filter((standard) => !current.includes(standard));
  return missing.length === 0
    ? pass({ attested: requiredStandards })
    : fail('policy-not-met', { missing }, 'Have the missing standards attested, then renew.');
}

function isCurrent({ validUntil }: AttestationSummary, now: number): boolean {
  if (validUntil === undefined) {
    return true;
  }
  const end = parseDateTimeStamp(validUntil);
  return end.ok && now < end.value.getTime();
}
