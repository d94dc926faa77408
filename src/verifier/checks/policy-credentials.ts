import type { Finding } from '../finding.ts';
import { fail, pass, skip, undetermined } from '../finding.ts';
import type { Inquiry } from '../inquiry.ts';

/** Every type of credential that the policy requires is the passport's, or a facet's that holds. */
export function checkPolicyCredentials(inquiry: Inquiry): Finding {
  const { requiredTypes } = inquiry.court.trust;
  if (requiredTypes.length === 0) {
    return skip('the policy requires no type of credential');
  }
  if (inquiry.statement.value.kind !== 'passport') {
    return skip('only a passport is held to this');
  }
  const { held, unknown } = inquiry.facets.value;
  const types = [inquiry.signed.value, ...held.map(({ credential }) => credential)].flatMap(
    (credential) => credential.types,
  );
  const missing = requiredTypes.filter((type) => !types.includes(type));
  if (missing.length === 0) {
    return pass({ held: requiredTypes });
  }
  return unknown === undefined
    ? fail('policy-not-met', { missing }, 'Have these credentials issued, and publish them.')
    : undetermined(unknown, { missing }, 'Try again; the facets could not all be judged.');
}
