import { accepted, refusedAll } from '../../protocol/parsed.ts';
import { isScopeToken, scopeOf } from '../../protocol/scope.ts';
import { ok } from '../answer.ts';
import { type Hook, questionAbout, textAt } from '../hook.ts';
import { problemAnswer, Refusal } from '../problems.ts';
import { refusalCode } from '../ruling.ts';

/**
 * The Access Evaluation endpoint of the OpenID AuthZEN Authorization API 1.0: may the subject, an
 * agent by its client_id, do the action on the resource? A denial is a 200 as well.
 */
export const authzen: Hook = {
  path: '/access/v1/evaluation',
  reads: 'body',
  answerWithinMs: 1_000,
  read: ({ body }, desk) => {
    const subject = textAt(body, ['subject', 'id']);
    const action = textAt(body, ['action', 'name']);
    const resource = textAt(body, ['resource', 'id']);
    const types = [textAt(body, ['subject', 'type']), textAt(body, ['resource', 'type'])];
    const faults = [subject, action, resource, ...types].flatMap((part) =>
      part.ok ? [] : part.faults,
    );
    if (!subject.ok || !action.ok || !resource.ok || faults.length > 0) return refusedAll(faults);
    const asked = scopeOf({ action: action.value, resource: resource.value });
    return questionAbout(subject, accepted([oneToken(asked)]), desk);
  },
  render: (ruling) => {
    const report = ruling.report?.report ?? null;
    if (ruling.passes) return ok({ decision: true, context: { report } });
    const context = { code: refusalCode(ruling), reason: ruling.reason, report };
    return ok({ decision: false, context });
  },
  // The certification of AuthZEN wants a 400 for another media type, too.
  refuse: (refusal) => {
    if (refusal.code !== 'media-type-unsupported') return problemAnswer(refusal);
    const detail = 'The body is not declared as application/json.';
    return problemAnswer(new Refusal('body-malformed', { detail }));
  },
};

/**
 * Names in AuthZEN are any text. One that is no scope token must stay one word, and one that no
 * papers can permit: a quotation mark is in no scope (RFC 6749 §3.3).
 */
function oneToken(text: string): string {
  return isScopeToken(text) ? text : `"${text.replaceAll(/\s/g, '_')}"`;
}
