import type { AllowedAction, AllowedActionsClaims } from '../protocol/allowed-actions-claims.ts';
import type { ScopedAction } from '../protocol/scope.ts';
import { scopeOf } from '../protocol/scope.ts';
import type { FacetsFact, HeldFacet, Inquiry } from './inquiry.ts';

/**
 * The scopes that the papers permit. Those of the passport; where it names none, those of the
 * facets that the organization publishes, since an agent would not hand over a facet that denies.
 * What any facet denies is left out. undefined when no paper names any, or when it is not known
 * what the published facets deny: absent never means any.
 */
export function permittedScopes(inquiry: Inquiry): readonly string[] | undefined {
  if (inquiry.statement.value.kind !== 'passport') {
    return undefined;
  }
  const named = inquiry.passport.authorizedScopes ?? publishedScopes(inquiry.facets.value);
  const denied = new Set(deniedActions(inquiry).map(scopeOf));
  return named?.filter((scope) => !denied.has(scope));
}

/** The actions of all facets, as far as their scopes are permitted and all denials are known. */
export function permittedActions(inquiry: Inquiry): readonly AllowedAction[] {
  const { held, denialsKnown } = inquiry.facets.value;
  const scopes = new Set(denialsKnown ? permittedScopes(inquiry) : []);
  const actions = held.flatMap((facet) => allowed(facet)?.actions ?? []);
  return actions.filter((action) => scopes.has(scopeOf(action)));
}

/** What any facet denies. */
export function deniedActions(inquiry: Inquiry): readonly ScopedAction[] {
  return inquiry.facets.value.held.flatMap((facet) => allowed(facet)?.denied ?? []);
}

function publishedScopes({ held, denialsKnown }: FacetsFact): readonly string[] | undefined {
  const claims = held.filter(({ published }) => published).map(allowed);
  const known = claims.filter((claim) => claim !== undefined);
  return known.length === 0 || !denialsKnown
    ? undefined
    : known.flatMap(({ actions }) => actions).map(scopeOf);
}

function allowed({ statement }: HeldFacet): AllowedActionsClaims | undefined {
  if (statement.kind !== 'facet') {
    return undefined;
  }
  const { claims } = statement.facet;
  return 'actions' in claims ? claims : undefined;
}
