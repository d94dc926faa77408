import type { Finding } from '../finding.ts';
import { fail, pass, skip } from '../finding.ts';
import type { Inquiry } from '../inquiry.ts';

/** Every scope that the policy requires of all its clients is one that the passport permits. */
export function checkPolicyScopes(inquiry: Inquiry): Finding {
  const { requiredScopes } = inquiry.court.trust;
  if (requiredScopes.length === 0) {
    return skip('the policy requires no scope');
  }
  if (inquiry.statement.value.kind !== 'passport') {
    return skip('only a passport is held to this');
  }
  const { authorizedScopes = [] } = inquiry.passport;
  const missing = requiredScopes.filter((scope) => !authorizedScopes.includes(scope));
  return missing.length === 0
    ? pass({ permitted: requiredScopes })
    : fail('policy-not-met', { missing }, "Permit the missing scopes in the agent's papers.");
}
