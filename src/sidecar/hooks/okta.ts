import { accepted } from '../../protocol/parsed.ts';
import { isJsonObject } from '../../protocol/strict-json.ts';
import { type Answer, ok } from '../answer.ts';
import { type Hook, memberAt, questionAbout, textAt } from '../hook.ts';
import { problemAnswer, problems } from '../problems.ts';
import { explain, type Ruling } from '../ruling.ts';

/**
 * Okta's token inline hook. Okta issues the token unchanged when a hook is late or answers anything
 * but 2xx, so that nothing but an error object refuses: every refusal is one, with status 200.
 */
export const okta: Hook = {
  path: '/hooks/okta',
  reads: 'body',
  // Okta waits for three seconds.
  answerWithinMs: 2_500,
  read: ({ body }, desk) => {
    const name = textAt(body, ['data', 'context', 'protocol', 'client', 'id']);
    const scopes = memberAt(body, ['data', 'access', 'scopes']);
    return questionAbout(name, accepted(isJsonObject(scopes) ? Object.keys(scopes) : []), desk);
  },
  render: (ruling) =>
    ruling.passes
      ? ok({ commands: [], debugContext: contextOf(ruling) })
      : ok({ error: { errorSummary: explain(ruling) }, debugContext: contextOf(ruling) }),
  refuse: (refusal, mode) => (mode === 'monitor' ? problemAnswer(refusal) : deny(refusal.code)),
};

function deny(code: keyof typeof problems): Answer {
  const { title, fix } = problems[code];
  return ok({ error: { errorSummary: `The sidecar refused the hook: ${code}. ${title}. ${fix}` } });
}

/** Okta keeps this in its System Log. */
function contextOf({ outcome, reason, report }: Ruling) {
  return { outcome, reason: reason ?? 'none', report: report?.report ?? 'none' };
}
