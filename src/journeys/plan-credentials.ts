import type { Credential } from '../credentials/credential.ts';
import type { DraftPlace, FacetDraft, FacetOrder } from '../credentials/facet-draft.ts';
import { resolveValidity } from '../credentials/validity.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { ManifestCredential } from '../manifest/manifest.ts';
import { canonicalizeJson } from '../protocol/canonical-json.ts';
import { draftFacet, placed } from './draft-facets.ts';

/** How far two calendar months, or two years, of the same name may be apart. */
const calendarSlackMs = 3 * 24 * 3_600_000;

/** One thing to do about an agent's credentials. */
export interface CredentialStep {
  readonly action: 'issue' | 'replace' | 'revoke';
  readonly type: string;
  /** null where a credential is revoked and none takes its place. */
  readonly facet: FacetDraft | null;
  /** Credentials that are revoked with it. */
  readonly former: readonly Credential[];
}

/** What credentials are compared with, and when. */
export interface CredentialContext extends DraftPlace {
  /** Whether credentials that the manifest does not have are revoked, of types that it does not name too. */
  readonly prune: boolean;
}

/**
 * What makes an agent hold the credentials that its manifest wants. A wanted one that is held stays as
 * it is. One that is not held takes the place of all of its type that are held and not wanted, which
 * are revoked in the same step; of types without such a one, and of types that the manifest does not
 * name, nothing is revoked unless `prune` asks for it. Refuses to bring back what was revoked by hand,
 * or what is suspended.
 */
export function planCredentials(
  wanted: readonly ManifestCredential[],
  known: readonly Credential[],
  context: CredentialContext,
): readonly CredentialStep[] {
  const sealed = known.filter(({ type, sealing }) => type !== 'passport' && sealing === 'sealed');
  const held = sealed.filter(({ revokedAt, validUntil }) => {
    return revokedAt === null && validUntil > context.now;
  });
  const isWanted = (credential: Credential): boolean =>
    wanted.some((item) => fits(item, credential, context));
  const unwanted = held.filter((credential) => !isWanted(credential));
  const replaced = new Set<Credential>();
  const steps = wanted.flatMap((item, at): CredentialStep[] => {
    if (held.some((credential) => fits(item, credential, context))) return [];
    const former = unwanted.filter((one) => one.type === item.type && !replaced.has(one));
    return placed(`/credentials/${at}`, () => {
      checkNotSuspended(former);
      if (former.length === 0) checkNotTakenBack(item, { sealed, held, context });
      for (const one of former) replaced.add(one);
      const facet = draftFacet(orderOf(item), context);
      const action = former.length === 0 ? 'issue' : 'replace';
      return [{ action, type: item.type, facet, former }];
    });
  });
  const left = context.prune ? unwanted.filter((one) => !replaced.has(one)) : [];
  return [
    ...steps,
    ...left.map((one): CredentialStep => {
      return { action: 'revoke', type: one.type, facet: null, former: [one] };
    }),
  ];
}

/** A credential of a manifest in the words of those who issue it. */
export function orderOf({ validUntil, ...item }: ManifestCredential): FacetOrder {
  return { ...item, ...(validUntil === undefined ? {} : { validUntil: new Date(validUntil) }) };
}

function fits(item: ManifestCredential, credential: Credential, context: CredentialContext) {
  return (
    item.type === credential.type &&
    (item.visibility ?? credential.visibility) === credential.visibility &&
    canonicalizeJson(item.claims) === canonicalizeJson(credential.claims) &&
    fitsValidity(item, credential, context)
  );
}

/** A manifest that says nothing of the end takes any; months and years have no one length. */
function fitsValidity(
  item: ManifestCredential,
  { validFrom, validUntil }: Credential,
  { agentExpiresAt }: CredentialContext,
): boolean {
  if (item.validFor === undefined && item.validUntil === undefined) return true;
  const end = endOf(item, { agentExpiresAt, validFrom });
  if (end === null) return false;
  const slackMs = /[MY]/.test(item.validFor ?? '') ? calendarSlackMs : 0;
  return Math.abs(end.getTime() - validUntil.getTime()) <= slackMs;
}

/** When the item would end had it been issued then; null for an end that is refused. */
function endOf(
  item: ManifestCredential,
  { agentExpiresAt, validFrom }: { agentExpiresAt: Date | null; validFrom: Date },
): Date | null {
  const { validFor, validUntil } = orderOf(item);
  try {
    return resolveValidity({ validFor, validUntil, agentExpiresAt }, validFrom).validUntil;
  } catch (error) {
    if (error instanceof SealwrightError) return null;
    throw error;
  }
}

/** A successor would end the suspension. */
function checkNotSuspended(former: readonly Credential[]): void {
  if (former.every(({ suspendedAt }) => suspendedAt === null)) return;
  throw new SealwrightError(
    'credential-wrong-state',
    'The credential that this one would replace is suspended: resume or revoke it first.',
    { faults: [{ pointer: '', detail: 'would replace a suspended credential' }] },
  );
}

/** What somebody revoked does not come back because a file still has it: that takes a new reason. */
function checkNotTakenBack(
  item: ManifestCredential,
  order: {
    readonly sealed: readonly Credential[];
    readonly held: readonly Credential[];
    readonly context: CredentialContext;
  },
): void {
  const last = order.sealed.filter(({ type }) => type === item.type).at(-1);
  if (last === undefined || last.revokedAt === null) return;
  if (last.reason !== item.reason || !fits(item, last, order.context)) return;
  throw new SealwrightError(
    'credential-wrong-state',
    'This credential was revoked. Give a new reason to issue it again, or take it out.',
    { faults: [{ pointer: '/reason', detail: 'is that of a credential that was revoked' }] },
  );
}
