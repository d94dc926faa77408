import { type Credential, credentialStateAt } from '../credentials/credential.ts';
import { namedScopes } from '../credentials/named-scopes.ts';
import type { ComplianceClaims } from '../protocol/facet.ts';

/**
 * Whether a facet in force is in the last third of its life while no other of its agent that lasts
 * longer says what it says: of provenance the newest counts, of compliance every standard, of
 * allowed actions every scope. A passport is renewed by itself and never runs out.
 */
export function isRunningOut(facet: Credential, held: readonly Credential[], at: Date): boolean {
  if (facet.type === 'passport' || credentialStateAt(facet, at) !== 'active') return false;
  const lifeMs = facet.validUntil.getTime() - facet.validFrom.getTime();
  const isLastThird = facet.validUntil.getTime() - at.getTime() < lifeMs / 3;
  const successors = held.filter(
    (other) =>
      other.type === facet.type &&
      other.validUntil > facet.validUntil &&
      credentialStateAt(other, at) === 'active',
  );
  return isLastThird && !isCovered(facet, successors);
}

function isCovered(facet: Credential, successors: readonly Credential[]): boolean {
  if (successors.length === 0) return false;
  const said = new Set(successors.flatMap(statementsOf));
  return statementsOf(facet).every((statement) => said.has(statement));
}

/** What is lost when a facet ends, in texts that compare. */
function statementsOf(facet: Credential): readonly string[] {
  if (facet.type === 'compliance') {
    const { attestations } = facet.claims as unknown as ComplianceClaims;
    return attestations.map(({ framework, edition }) => `${framework} ${edition}`);
  }
  return namedScopes(facet).map(({ effect, scope }) => `${effect} ${scope}`);
}
