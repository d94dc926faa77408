import type { Finding } from '../finding.ts';
import { fail, pass, skip, undetermined } from '../finding.ts';
import type { Inquiry } from '../inquiry.ts';
import { permittedScopes } from '../permitted-access.ts';

/** Every scope that the policy requires of all its clients is one that the papers permit. */
export function checkPolicyScopes(inquiry: Inquiry): Finding {
  const { requiredScopes } = inquiry.court.trust;
  if (requiredScopes.length === 0) {
    return skip('the policy requires no scope');
  }
  if (inquiry.statement.value.kind !== 'passport') {
    return skip('only a passport is held to this');
  }
  const permitted = permittedScopes(inquiry) ?? [];
  const missing = requiredScopes.filter((scope) => !permitted.includes(scope));
  if (missing.length === 0) {
    return pass({ permitted: requiredScopes });
  }
  const { unknown } = inquiry.facets.value;
  return unknown !== undefined && inquiry.passport.authorizedScopes === undefined
    ? undetermined(unknown, { missing }, 'Try again; the facets could not be read.')
    : fail('policy-not-met', { missing }, "Permit the missing scopes in the agent's papers.");
}
