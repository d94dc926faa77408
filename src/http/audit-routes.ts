import { z } from 'zod';
import type { AuditRecord } from '../audit/audit-event.ts';
import {
  type ExportedRecord,
  type ExportFormat,
  exportFormats,
  exportLine,
} from '../audit/audit-export.ts';
import { base64Of } from '../audit/receipt.ts';
import type { CredentialId } from '../credentials/credential.ts';
import { listed, ok, TextStream } from './answer.ts';
import { pageOf } from './answer-schemas.ts';
import { moment, noInput, withoutUndefined } from './input.ts';
import {
  consistencyAnswer,
  receiptAnswer,
  recordAnswer,
  verificationAnswer,
} from './organization-answers.ts';
import { pageMembers, readPage } from './page.ts';
import { type Route, route } from './route.ts';

const filterMembers = {
  action: z.string().optional(),
  subject: z.string().optional(),
  actor: z.string().optional(),
  requestId: z.string().optional(),
  since: moment.optional(),
  until: moment.optional(),
};
const filterInput = z.strictObject({ ...pageMembers, ...filterMembers });

const exportInput = z
  .strictObject({
    ...filterMembers,
    format: z.enum(exportFormats).optional(),
    complete: z.enum(['true', 'false']).optional(),
  })
  .superRefine(({ complete, format, ...filter }, context) => {
    if (complete !== 'true' || Object.keys(filter).length === 0) return;
    context.addIssue({ code: 'custom', message: 'give no filter with "complete"' });
  });

/** The size of a checkpoint. */
const count = z
  .string()
  .meta({ type: 'integer', minimum: 0 })
  .transform((text, context) => {
    if (/^(?:0|[1-9]\d{0,14})$/.test(text)) return Number(text);
    context.addIssue({ code: 'custom', message: 'must be a number of records' });
    return z.NEVER;
  });

/** The calls about the audit trail. */
export const auditRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/audit',
    scope: 'audit:read',
    input: filterInput,
    summary: 'List what happened',
    answers: { 200: pageOf(recordAnswer) },
    run: ({ ports, caller }, { limit, cursor, ...filter }) => {
      const { organizationId } = caller;
      const asked = withoutUndefined({ ...filter, organizationId });
      return readPage({ limit, cursor }, (page) => ports.registry.listAudit(asked, page));
    },
    view: (page, call) => listed(page, call, viewRecord),
  }),
  route({
    method: 'GET',
    path: '/audit/verify',
    scope: 'audit:read',
    input: z.strictObject({ checkpoint: z.string().optional() }),
    summary: 'Check the audit trail, by itself and against what was signed',
    answers: { 200: verificationAnswer },
    run: ({ ports }, input) => ports.registry.verifyAudit(input),
    view: ({ root, ...verification }) => ok({ ...verification, rootHash: base64Of(root) }),
  }),
  route({
    method: 'GET',
    path: '/audit/export',
    scope: 'audit:read',
    input: exportInput,
    summary: 'Export what happened, a line each',
    mediaType: 'application/jsonl',
    answers: { 200: z.string().meta({ description: 'One JSON object a line.' }) },
    run: async ({ ports, caller }, { format = 'jsonl', complete, ...filter }) => {
      const asked = withoutUndefined({ ...filter, organizationId: caller.organizationId });
      const isComplete = complete === 'true';
      return { format, records: ports.registry.exportAudit({ filter: asked, isComplete }) };
    },
    view: ({ format, records }) =>
      ok(new TextStream('application/jsonl', linesOf(records, format))),
  }),
  route({
    method: 'GET',
    path: '/audit/consistency',
    scope: 'audit:read',
    input: z.strictObject({ from: count, to: count }),
    summary: 'Prove that one checkpoint of the audit trail begins with another',
    answers: { 200: consistencyAnswer },
    run: ({ ports }, sizes) => ports.registry.proveConsistency(sizes),
    view: ({ from, to, first, second, path }) =>
      ok({
        from: { size: from, rootHash: base64Of(first) },
        to: { size: to, rootHash: base64Of(second) },
        path: path.map(base64Of),
      }),
  }),
  route({
    method: 'GET',
    path: '/audit/receipts/:target',
    scope: 'audit:read',
    input: noInput,
    summary: 'Prove to others that something happened',
    answers: { 200: receiptAnswer },
    refuses: ['audit-record-not-found', 'checkpoint-unavailable'],
    run: ({ ports, caller, target }) => ports.registry.findReceipt({ ...caller, id: target }),
    view: ok,
  }),
  route({
    method: 'GET',
    path: '/credentials/:target/receipts',
    scope: 'audit:read',
    input: z.strictObject({ action: z.string().optional() }),
    summary: 'Prove to others what happened to a credential',
    answers: { 200: z.object({ data: z.array(receiptAnswer) }) },
    refuses: ['credential-not-found', 'checkpoint-unavailable'],
    run: ({ ports, caller, target }, { action }) =>
      ports.registry.listReceipts({ ...caller, id: target as CredentialId, action }),
    view: (data) => ok({ data }),
  }),
];

/** Lines go out together: a write for each costs more than the line. */
const pieceCharacters = 65_536;

async function* linesOf(records: AsyncIterable<ExportedRecord>, format: ExportFormat) {
  let piece = '';
  for await (const record of records) {
    piece += exportLine(record, format);
    if (piece.length < pieceCharacters) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}

/** `event` is the very object whose canonical form (RFC 8785) was hashed. */
function viewRecord({ sequence, body, previousHash, hash }: AuditRecord) {
  return { sequence, event: JSON.parse(body) as unknown, previousHash, hash };
}
