import { parseScope } from '../../protocol/scope.ts';
import type { Finding } from '../finding.ts';
import { pass, skip, warn } from '../finding.ts';
import type { Inquiry } from '../inquiry.ts';

/**
 * Parts the requested scopes into those that the passport permits and those that it does not, by
 * exact comparison (RFC 6749 §3.3). A passport that names no scopes permits none.
 */
export function checkAccessScopes(inquiry: Inquiry): Finding {
  const requested = parseScope(inquiry.question.scope);
  if (requested.length === 0) {
    inquiry.access.set({ granted: [], withheld: [] });
    return skip('no scope was requested');
  }
  const permitted = permittedScopes(inquiry);
  const granted = requested.filter((scope) => permitted?.includes(scope) === true);
  const withheld = requested.filter((scope) => !granted.includes(scope));
  inquiry.access.set({ granted, withheld });
  if (permitted === undefined) {
    const because = 'the credential names no scopes: absent never means any';
    return warn({ granted, withheld, because }, 'Ask for a passport that lists its scopes.');
  }
  return withheld.length === 0
    ? pass({ granted })
    : warn({ granted, withheld }, "Permit the withheld scopes in the agent's papers.");
}

function permittedScopes(inquiry: Inquiry): readonly string[] | undefined {
  return inquiry.statement.value.kind === 'passport'
    ? inquiry.passport.authorizedScopes
    : undefined;
}
