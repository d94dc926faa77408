import { parseScope } from '../../protocol/scope.ts';
import type { Finding } from '../finding.ts';
import { pass, skip, warn } from '../finding.ts';
import type { Inquiry } from '../inquiry.ts';
import { permittedScopes } from '../permitted-access.ts';

/**
 * Parts the requested scopes into those that the papers permit and those that they do not, by exact
 * comparison (RFC 6749 §3.3). Papers that name no scopes permit none.
 */
export function checkAccessScopes(inquiry: Inquiry): Finding {
  const requested = parseScope(inquiry.question.scope);
  if (requested.length === 0) {
    inquiry.scopes.set({ granted: [], withheld: [] });
    return skip('no scope was requested');
  }
  const permitted = permittedScopes(inquiry);
  const granted = requested.filter((scope) => permitted?.includes(scope) === true);
  const withheld = requested.filter((scope) => !granted.includes(scope));
  inquiry.scopes.set({ granted, withheld });
  if (permitted === undefined) {
    const because = inquiry.facets.value.denialsKnown
      ? 'the papers name no scopes: absent never means any'
      : 'not every published facet could be judged, and what one denies would win';
    return warn({ granted, withheld, because }, 'Have the scopes named in papers that are public.');
  }
  return withheld.length === 0
    ? pass({ granted })
    : warn({ granted, withheld }, "Permit the withheld scopes in the agent's papers.");
}
