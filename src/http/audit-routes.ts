import { z } from 'zod';
import type { AuditRecord } from '../audit/audit-event.ts';
import { listed, ok } from './answer.ts';
import { pageOf } from './answer-schemas.ts';
import { moment, noInput, withoutUndefined } from './input.ts';
import { recordAnswer, verificationAnswer } from './organization-answers.ts';
import { pageMembers, readPage } from './page.ts';
import { type Route, route } from './route.ts';

const filterInput = z.strictObject({
  ...pageMembers,
  action: z.string().optional(),
  subject: z.string().optional(),
  since: moment.optional(),
  until: moment.optional(),
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
    input: noInput,
    summary: 'Check the hash chain of the audit trail',
    answers: { 200: verificationAnswer },
    run: ({ ports }) => ports.registry.verifyAudit(),
    view: (verification) => ok(verification),
  }),
];

/** `event` is the very object whose canonical form (RFC 8785) was hashed. */
function viewRecord({ sequence, body, previousHash, hash }: AuditRecord) {
  return { sequence, event: JSON.parse(body) as unknown, previousHash, hash };
}
