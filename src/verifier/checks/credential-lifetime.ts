import type { Finding } from '../finding.ts';
import { fail, pass, skip } from '../finding.ts';
import type { Inquiry } from '../inquiry.ts';

const dayMs = 86_400_000;

/** A passport lives no longer than the policy says: what lives long is hard to take back. */
export function checkCredentialLifetime(inquiry: Inquiry): Finding {
  if (inquiry.statement.value.kind !== 'passport') {
    return skip('only a passport is held to this');
  }
  const { validFrom, validUntil } = inquiry.signed.value;
  const lifeMs = validUntil.getTime() - validFrom.getTime();
  const { maxLifetimeMs } = inquiry.limits;
  const days = { days: lifeMs / dayMs, maxDays: maxLifetimeMs / dayMs };
  return lifeMs <= maxLifetimeMs
    ? pass(days)
    : fail('policy-not-met', days, 'Issue passports that live no longer than the policy allows.');
}
