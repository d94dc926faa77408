import { accepted } from '../../protocol/parsed.ts';
import { ok } from '../answer.ts';
import { type Hook, questionAbout, textAt } from '../hook.ts';
import { problemOf } from '../problems.ts';
import { refusalCode } from '../ruling.ts';

const client = ['data', 'authenticationContext', 'clientServicePrincipal', 'appId'];
const responseType = 'microsoft.graph.onTokenIssuanceStartResponseData';
const claimsType = 'microsoft.graph.tokenIssuanceStart.provideClaimsForToken';

/**
 * Microsoft Entra's custom claims provider (token issuance start). Its answer can add claims and has
 * no word for a refusal; but Entra issues no token when the call fails, so a refusal is a 403.
 */
export const entra: Hook = {
  path: '/hooks/entra',
  reads: 'body',
  // Entra waits for one second unless it is configured to wait for 200 to 2,000 milliseconds.
  answerWithinMs: 900,
  // The event names no scopes: what is judged is whether the agent's papers are in order.
  read: ({ body }, desk) => questionAbout(textAt(body, client), accepted([]), desk),
  render: (ruling) => {
    const { reason, report } = ruling;
    const named = report?.report ?? 'none';
    if (!ruling.passes)
      return problemOf(refusalCode(ruling), { members: { reason, report: named } });
    const claims = { sealwrightReport: named };
    const actions = [{ '@odata.type': claimsType, claims }];
    return ok({ data: { '@odata.type': responseType, actions } });
  },
};
