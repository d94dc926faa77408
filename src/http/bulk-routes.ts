import { z } from 'zod';
import type { BulkInput, BulkOutcome } from '../journeys/bulk-cases.ts';
import { type Answer, ok } from './answer.ts';
import { bulkAnswer } from './credential-answers.ts';
import { credentialType, moment, withoutUndefined } from './input.ts';
import { type Call, type Route, route } from './route.ts';

const bulkInput = z.strictObject({
  filter: z.strictObject({
    agent: z.string().optional(),
    owner: z.string().optional(),
    team: z.string().optional(),
    tag: z.string().optional(),
    type: credentialType.optional(),
    issuerKey: z.string().optional(),
    issuedBefore: moment.optional(),
  }),
  reason: z.string(),
  preview: z.boolean().optional(),
});

/** The calls that take back many at once. */
export const bulkRoutes: readonly Route[] = [
  bulkRoute('/revocations', (call, input) => call.ports.registry.revokeMany(input)),
  bulkRoute('/suspensions', (call, input) => call.ports.registry.suspendMany(input)),
];

function bulkRoute(
  path: string,
  run: (call: Call, input: BulkInput) => Promise<BulkOutcome>,
): Route {
  return route({
    method: 'POST',
    path,
    scope: 'credentials:revoke',
    input: bulkInput,
    summary: path === '/revocations' ? 'Revoke many at once' : 'Suspend many at once',
    answers: { 200: bulkAnswer },
    refuses: ['agent-not-found'],
    run: async (call, { filter, reason, preview = false }) => {
      const order = { ...call.caller, filter: withoutUndefined(filter), reason, preview };
      return { outcome: await run(call, order), preview };
    },
    view: viewOutcome,
  });
}

/** An answer names so many; the audit trail names all. */
const mostIds = 10_000;

function viewOutcome(result: { readonly outcome: BulkOutcome; readonly preview: boolean }): Answer {
  const { of, ids, agentsUnderWay, publishedAt } = result.outcome;
  return ok({
    ...{ of, count: ids.length, ids: ids.slice(0, mostIds), preview: result.preview },
    agentsUnderWay,
    publishedAt: publishedAt?.toISOString() ?? null,
  });
}
