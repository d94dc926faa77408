import type { DocumentLint, LintedRule } from '../agents/agent-lint.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { Finding } from '../lint/finding.ts';
import { lintDocument } from '../lint/lint-document.ts';
import type { Target } from '../lint/target.ts';
import { targets } from '../lint/targets.ts';
import type { ClientMetadataJson } from '../protocol/client-metadata.ts';
import { serializeDocument } from '../protocol/client-metadata.ts';
import { type DocumentDraft, draftIdentityDocument } from '../publication/public-document.ts';

/** Where a document will be read, and whether plain http on loopback is acceptable there. */
export interface LintedPlace {
  readonly clientId: string;
  readonly loopback: boolean;
}

/** Lints a client document as it will be served: its octets, its URL and its headers. */
export function lintClientDocument(draft: DocumentDraft, place: LintedPlace): DocumentLint {
  const report = lintDraft(draft, place, targets);
  return {
    clientId: place.clientId,
    findings: report.findings.map(ruleOf),
    targets: report.targets.map(({ target, outcome, findings }) => ({
      target,
      outcome,
      findings: findings.map(ruleOf),
    })),
  };
}

/**
 * Refuses client metadata that breaks the standards, before anything is recorded for it. Throws
 * `document-invalid` with each place and the id of the rule.
 */
export function checkStandards(core: ClientMetadataJson, place: LintedPlace): void {
  const draft = draftIdentityDocument(place.clientId, serializeDocument(core));
  refuseErrors(lintDraft(draft, place, []).findings);
}

/** Throws `document-invalid` when the passport that a document holds could not be used by anyone. */
export function checkPassportForm({ findings }: DocumentLint): void {
  refuseErrors(findings.filter(({ id }) => id.startsWith('cimd.vc-jwt.')));
}

function refuseErrors(findings: readonly LintedRule[]): void {
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return;
  throw new SealwrightError('document-invalid', 'The client metadata would break the standards.', {
    faults: errors.flatMap(({ id, places, message }) =>
      places.map((pointer) => ({ pointer, detail: `${message} (${id})` })),
    ),
  });
}

function lintDraft(draft: DocumentDraft, place: LintedPlace, asked: readonly Target[]) {
  const headers = new Map([
    ['content-type', draft.mediaType],
    ['cache-control', draft.cacheControl],
  ]);
  const response = { status: 200, headers };
  const { clientId: url, loopback: allowLoopback } = place;
  return lintDocument({ body: draft.body, url, response, allowLoopback }, { targets: asked });
}

function ruleOf({ id, severity, places, message, fix }: Finding): LintedRule {
  return { id, severity, places, message, fix };
}
