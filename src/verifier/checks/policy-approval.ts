import { canonicalizeJson } from '../../protocol/canonical-json.ts';
import type { Approval, ApprovalStore, SeenDocument } from '../approvals.ts';
import { hostOf } from '../approvals.ts';
import type { Finding } from '../finding.ts';
import { fail, pass, skip, undetermined, warn } from '../finding.ts';
import type { Inquiry } from '../inquiry.ts';
import { recordSeen } from '../record-approval.ts';
import { thumbprintsOf } from '../resolve/jwks.ts';
import { within } from '../resolve/within.ts';
import { type Applicant, namesOf, type Standing, standingOf } from '../standing.ts';

/**
 * The operator allowed this client, or at least did not block it. Comes after everything that
 * papers can show, so that nobody waits for a decision whose papers are not in order.
 */
export function checkPolicyApproval(inquiry: Inquiry): Finding | Promise<Finding> {
  const { approvals } = inquiry.court;
  if (approvals === undefined) {
    return inquiry.statement.value.kind === 'passport'
      ? skip('no approvals are kept')
      : skip('only a passport is held to this');
  }
  const applicant = applicantOf(inquiry);
  const found = askedSafely(() => approvals.find(namesOf(applicant)));
  if (!(found instanceof Promise)) return judge(inquiry, { approvals, applicant, found });
  return byDeadline(
    inquiry,
    found.then((entries) => judge(inquiry, { approvals, applicant, found: entries })),
  );
}

interface Matter {
  readonly approvals: ApprovalStore;
  readonly applicant: Applicant;
  /** undefined when the store could not be read. */
  readonly found: readonly Approval[] | undefined;
}

type Found = Matter['found'];

function askedSafely(find: () => Found | Promise<Found>): Found | Promise<Found> {
  try {
    const found = find();
    return found instanceof Promise ? found.catch(() => undefined) : found;
  } catch {
    return undefined;
  }
}

function byDeadline({ deadline }: Inquiry, finding: Promise<Finding>): Promise<Finding> {
  return within(deadline - Date.now(), finding, unreadable);
}

function unreadable(): Finding {
  const fix = 'Mend the store of approvals; until then nobody passes.';
  return undetermined('policy-not-met', { rule: 'approvals-unreadable' }, fix);
}

function judge(
  inquiry: Inquiry,
  { approvals, applicant, found }: Matter,
): Finding | Promise<Finding> {
  if (found === undefined) return unreadable();
  const standing = standingOf(applicant, found);
  const { state, entry } = standing;
  if (state === 'blocked') {
    const fix = 'Allow it, or forget the entry that blocks it, if it is to pass.';
    return fail('client-blocked', { blockedBy: entry?.name ?? '' }, fix);
  }
  if (state === 'allowed') return pass({ allowedBy: entry?.name ?? '' });
  if (inquiry.statement.value.kind !== 'passport') return skip('only a passport is held to this');
  const required = inquiry.court.trust.approvalRequired;
  if (state === 'pending' && !required) return skip('the policy asks for no approval');
  const known = entry?.seen?.digest === applicant.digest;
  return known || inquiry.clientId.known === undefined
    ? waitingFor(standing, { required, recorded: known })
    : byDeadline(inquiry, record(inquiry, { approvals, applicant, standing, required }));
}

function waitingFor(
  { state }: Standing,
  { required, recorded }: { readonly required: boolean; readonly recorded: boolean },
): Finding {
  const evidence = { approval: state, recorded };
  const fix = 'Look at the document, then allow it or block it.';
  return required ? fail('policy-not-met', evidence, fix) : warn(evidence, fix);
}

async function record(
  inquiry: Inquiry,
  matter: Omit<Matter, 'found'> & { readonly standing: Standing; readonly required: boolean },
): Promise<Finding> {
  const { approvals, applicant, standing, required } = matter;
  const seen = await seenNow(inquiry, applicant);
  // What is not recorded is refused all the same, and recorded when it is asked about again.
  const recorded = await recordSeen(approvals, applicant.clientId, seen).catch(() => false);
  return waitingFor(standing, { required, recorded });
}

async function seenNow(inquiry: Inquiry, { digest, issuer }: Applicant): Promise<SeenDocument> {
  const { 'vc+jwt': _passport, jwks, ...plain } = inquiry.metadata.document;
  const keys = jwks === undefined ? undefined : await thumbprintsOf(jwks);
  const document = keys?.ok === true ? { ...plain, jwks: keys.value } : plain;
  return {
    digest,
    issuer,
    seenAt: new Date(inquiry.now).toISOString(),
    document: canonicalizeJson(document),
    keys: inquiry.passport.jwkThumbprints,
  };
}

function applicantOf(inquiry: Inquiry): Applicant {
  const { subjectId, issuer } = inquiry.signed.value;
  const document = inquiry.presentation.value.document;
  const statement = inquiry.statement.value;
  const bound = statement.kind === 'passport' ? statement.passport.documentDigest : '';
  return {
    clientId: subjectId,
    host: document?.client?.host ?? hostOf(subjectId),
    issuer,
    digest: document?.digest ?? bound,
  };
}
