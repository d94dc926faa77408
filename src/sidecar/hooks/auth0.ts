import { ok } from '../answer.ts';
import { type Hook, memberAt, questionAbout, textAt, textsAt } from '../hook.ts';
import { explain, type Ruling } from '../ruling.ts';

/**
 * For an Auth0 Action: it posts the client and the scopes of its event, and does what `allow` says.
 * `code` is one that `api.access.deny` takes in the credentials-exchange trigger.
 */
export const auth0: Hook = {
  path: '/hooks/auth0',
  reads: 'body',
  answerWithinMs: 4_000,
  read: ({ body }, desk) => {
    const granted = ['accessToken', 'scope'];
    const asked = ['transaction', 'requested_scopes'];
    const scopes = memberAt(body, granted) === undefined ? asked : granted;
    return questionAbout(textAt(body, ['client', 'client_id']), textsAt(body, scopes), desk);
  },
  render: (ruling) => {
    const report = ruling.report?.report ?? null;
    if (ruling.passes) return ok({ allow: true, report });
    return ok({ allow: false, code: codeOf(ruling), reason: explain(ruling), report });
  },
};

function codeOf({ outcome }: Ruling): 'invalid_scope' | 'invalid_request' | 'server_error' {
  if (outcome === 'accepted') return 'invalid_scope';
  return outcome === 'rejected' ? 'invalid_request' : 'server_error';
}
