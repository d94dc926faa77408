import type { AgentReader } from '../agents/agent-store.ts';
import type { Credential } from '../credentials/credential.ts';
import type { CredentialReader } from '../credentials/credential-store.ts';
import { schemaVersionOf } from '../credentials/custom-type.ts';
import { type FacetDraft, facetDraftOf } from '../credentials/facet-draft.ts';
import { hasClaimsEnded, isTakenBack } from '../credentials/renewal.ts';
import { resolveValidity, wholeSeconds } from '../credentials/validity.ts';
import type { Clock } from '../kernel/clock.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import { checkReason } from './check-reason.ts';
import { findAgent } from './find-agent.ts';
import { findCredential } from './find-credential.ts';
import { findEarlierCredential } from './find-earlier-credential.ts';
import { type IssuePapers, renewalOf } from './issue-papers.ts';
import { type OfferTypesDeps, offerTypes } from './offer-types.ts';
import type { IssuedPapers } from './papers.ts';
import type { ChangeCredentialInput, IssueCredentialInput } from './registry.ts';

/** What says whether a facet may be issued, and the papers that it is issued with. */
export interface IssueCredentialDeps extends OfferTypesDeps {
  readonly agents: AgentReader;
  readonly credentials: CredentialReader;
  readonly issuePapers: IssuePapers;
  readonly clock: Clock;
}

/**
 * Issues a facet and a passport that reflects it. When this resolves both are durable, and the
 * client document that embeds the new passport is published. A facet that denies what another gave
 * has the former passport revoked too.
 */
export async function issueCredential(
  deps: IssueCredentialDeps,
  input: IssueCredentialInput,
): Promise<Credential> {
  checkReason(input.reason);
  const agent = await findAgent(deps, input);
  const now = deps.clock.now();
  const { id, earlier } = await findEarlierCredential(deps, input, now);
  if (earlier !== null) return earlier;
  const types = await offerTypes(deps, input.organizationId, [input]);
  const draft = facetDraftOf(input, { agentExpiresAt: agent.expiresAt, now, types });
  const facet: FacetDraft = { ...draft, id };
  const order = renewalOf(agent.id, { ...input, narrows: false });
  return onlyFacet(await deps.issuePapers({ ...order, facets: [facet], isRefusable: true }));
}

/**
 * Issues a successor with the same claims, visibility and length of life; the former credential
 * runs out by itself, and the registry renews the successor in its place. Renewing a passport composes it anew.
 */
export async function renewCredential(
  deps: IssueCredentialDeps,
  input: ChangeCredentialInput,
): Promise<Credential> {
  checkReason(input.reason);
  const former = await findCredential(deps, input);
  if (!stands(former)) {
    throw new SealwrightError(
      'credential-wrong-state',
      'Only a credential that stands is renewed.',
    );
  }
  const order = renewalOf(former.agentId, { ...input, narrows: false });
  if (former.type === 'passport') return passportLike(former, await deps.issuePapers(order));
  const [agent] = await deps.agents.findMany([former.agentId]);
  const now = deps.clock.now();
  const { id, earlier } = await findEarlierCredential(deps, input, now);
  if (earlier !== null) return earlier;
  const lifetimeMs = lifeMsOf(former);
  const validity = resolveValidity(
    {
      validUntil: new Date(wholeSeconds(now).getTime() + lifetimeMs),
      agentExpiresAt: agent?.expiresAt ?? null,
    },
    now,
  );
  const { type, claims, visibility } = former;
  const isLast = hasClaimsEnded(former, validity.validUntil);
  const facet: FacetDraft = {
    ...{ ...validity, id, type, claims, visibility, reason: input.reason },
    schemaVersion: schemaVersionOf(former),
    ...{ renewalOf: former.id, series: null, renewsForS: isLast ? null : former.renewsForS },
  };
  return onlyFacet(await deps.issuePapers({ ...order, facets: [facet], isRefusable: true }));
}

/** The passport for the client_id that the former one was about. */
function passportLike(former: Credential, issued: IssuedPapers): Credential {
  const { passport, strictPassport } = issued;
  const isStrict = strictPassport !== null && strictPassport.claims['id'] === former.claims['id'];
  return isStrict ? strictPassport : passport;
}

/** A suspended credential does not: its successor would end the suspension. */
function stands(credential: Credential): boolean {
  return credential.sealing === 'sealed' && !isTakenBack(credential);
}

/** As long as was asked at first, where the end of the agent cut that short. */
function lifeMsOf({ renewsForS, validFrom, validUntil }: Credential): number {
  return renewsForS === null ? validUntil.getTime() - validFrom.getTime() : renewsForS * 1_000;
}

function onlyFacet({ facets: [facet] }: IssuedPapers): Credential {
  if (facet === undefined) throw new TypeError('The facet that was ordered was not issued.');
  return facet;
}
