import { accepted, type Parsed, refused } from '../../protocol/parsed.ts';
import type { JsonObject } from '../../protocol/strict-json.ts';
import { ok } from '../answer.ts';
import { type Hook, questionAbout, textAt } from '../hook.ts';
import { explain, type Ruling } from '../ruling.ts';

/**
 * For a client policy executor in Keycloak, which has no hook of its own over HTTP: the executor
 * posts the client and the scope, and throws `error` and `errorDescription` unless `allow` is true.
 */
export const keycloak: Hook = {
  path: '/hooks/keycloak',
  reads: 'body',
  answerWithinMs: 1_000,
  read: ({ body }, desk) => questionAbout(textAt(body, ['clientId']), scopesIn(body), desk),
  render: (ruling) => {
    const report = ruling.report?.report ?? null;
    if (ruling.passes) return ok({ allow: true, report });
    const error = errorOf(ruling);
    return ok({ allow: false, error, errorDescription: explain(ruling), report });
  },
};

function scopesIn({ scope = '' }: JsonObject): Parsed<readonly string[]> {
  return typeof scope === 'string'
    ? accepted(scope.split(' ').filter((token) => token !== ''))
    : refused('/scope', 'member-text', 'must be a text');
}

// RFC 6749 §5.2 has no word for "ask again"; RFC 6749 §4.1.2.1 has one for authorization requests.
function errorOf({
  outcome,
}: Ruling): 'invalid_scope' | 'invalid_client' | 'temporarily_unavailable' {
  if (outcome === 'accepted') return 'invalid_scope';
  return outcome === 'rejected' ? 'invalid_client' : 'temporarily_unavailable';
}
