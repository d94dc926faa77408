import type { AllowedActionsClaims } from '../protocol/facet.ts';
import { type ScopedAction, scopeOf } from '../protocol/scope.ts';
import type { CredentialRecord } from './credential.ts';

/** One scope that an allowed-actions credential gives or takes. */
export interface NamedScope {
  readonly effect: 'allow' | 'deny';
  readonly scope: string;
}

/** What a credential says of scopes, each once; nothing for a credential of another type. */
export function namedScopes({
  type,
  claims,
}: Pick<CredentialRecord, 'type' | 'claims'>): readonly NamedScope[] {
  if (type !== 'allowed-actions') return [];
  const { actions, denied = [] } = claims as unknown as AllowedActionsClaims;
  return [...distinct('allow', actions), ...distinct('deny', denied)];
}

function distinct(effect: NamedScope['effect'], named: readonly ScopedAction[]): NamedScope[] {
  return [...new Set(named.map(scopeOf))].map((scope) => ({ effect, scope }));
}
