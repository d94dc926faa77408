import type { FacetInput } from '../../../src/protocol/facet.ts';
import type { ScopedAction } from '../../../src/protocol/scope.ts';
import { createVerifier } from '../../../src/verifier/index.ts';
import type { AccessRequest, TrustPolicy } from '../../../src/verifier/ports.ts';
import { createPaperWorld, type PaperWorld } from './paper-world.ts';
import { trustingFacets } from './tampering.ts';

/** More actions than a passport has room for: `read:logs/0` to `read:logs/39`. */
export const many: readonly ScopedAction[] = Array.from({ length: 40 }, (_, at) => ({
  action: 'read',
  resource: `logs/${at}`,
}));

/** Three scopes, of which `many` has the first two. */
export const scope = 'read:logs/0 read:logs/39 read:logs/40';

/** Another issuer, which some policies trust as well. */
export const otherIssuer = 'did:web:other.com' as FacetInput['issuer'];

/** What of a facet is not as usual. */
export type FacetChanges = Partial<FacetInput> & { readonly index?: number };

/** A world whose passport names no scopes. */
export async function createWideWorld(): Promise<PaperWorld> {
  const world = await createPaperWorld();
  await world.publish({ jwt: await world.issue({ authorizedScopes: undefined }) });
  return world;
}

/** A facet that allows `many`, or what it is told to. */
export function issueActions(
  world: PaperWorld,
  claims: { readonly actions?: readonly ScopedAction[]; readonly denied?: readonly ScopedAction[] },
  changes: FacetChanges = {},
): Promise<string> {
  return world.issueFacet({ claims: { actions: many, ...claims }, ...changes });
}

/** The usual places of a facet's status. */
export function statusOf(world: PaperWorld): FacetInput['status'] {
  const { revocationList, suspensionList, tokenList, facetIndex } = world;
  return { revocationList, suspensionList, tokenList, index: facetIndex };
}

/** A fresh verifier's verdict on the agent, and the line of its report about facets. */
export async function ask(
  world: PaperWorld,
  request: AccessRequest = { scope },
  policy: TrustPolicy = trustingFacets(world.policy),
) {
  const verifier = createVerifier(world.options(policy));
  const verdict = await verifier.verifyClient(world.clientId, request);
  const line = verdict.report.checks.find(({ id }) => id === 'credential.facets');
  return { ...verdict, line };
}

/** The listing and the facets that were asked for, in order. */
export function facetsAsked(world: PaperWorld): readonly string[] {
  return world.fetch.asked.filter((url) => url.startsWith(world.facetListing));
}
