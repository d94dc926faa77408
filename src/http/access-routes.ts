import { z } from 'zod';
import type { AccessGrant } from '../journeys/answer-access.ts';
import { listed } from './answer.ts';
import { pageOf } from './answer-schemas.ts';
import { accessAnswer } from './credential-answers.ts';
import { moment } from './input.ts';
import { pageMembers, readPage } from './page.ts';
import { type Route, route } from './route.ts';

const accessInput = z.strictObject({
  ...pageMembers,
  action: z.string().min(1),
  resource: z.string().min(1),
  at: moment.optional(),
});

/** Who may do something, or could at a past moment: by which credential, issued by whom, and why. */
export const accessRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/access',
    scope: 'agents:read',
    servesNarrowTokens: true,
    input: accessInput,
    summary: 'Ask which agents may do something, now or at a past moment',
    answers: { 200: pageOf(accessAnswer) },
    run: async ({ ports, caller }, { limit, cursor, ...question }) => {
      const organization = await ports.registry.findOrganization(caller);
      const page = await readPage({ limit, cursor }, (request) =>
        ports.registry.answerAccess({ ...caller, ...question }, request),
      );
      const rows = page.rows.map((grant) => ({ grant, issuer: organization.did }));
      return { ...page, rows };
    },
    view: (page, call) => listed(page, call, viewGrant),
  }),
];

function viewGrant({ grant, issuer }: { readonly grant: AccessGrant; readonly issuer: string }) {
  const { agent, stateThen, credential, issuerKey, orderedBy } = grant;
  const { id, handle, name, did, clientId } = agent;
  return {
    agent: { id, handle, name, did, clientId, state: stateThen, stateNow: agent.state },
    credential: {
      id: credential.id,
      type: credential.type,
      state: 'active',
      validFrom: credential.validFrom.toISOString(),
      validUntil: credential.validUntil.toISOString(),
    },
    issuer,
    issuerKey,
    issuedBy: orderedBy,
    reason: credential.reason,
  };
}
