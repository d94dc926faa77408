import type { Reason, Verdict } from '../verdict.ts';

/** What an error says beside its code. */
export interface Refusal {
  readonly description: string;
  /** The scope that the error is about. */
  readonly scope?: string;
  /** true where the client is known to be good, so that its redirect URI may be used. */
  readonly redirects?: boolean;
}

/** An error that node-oidc-provider renders as it is: see its `errOut`. */
export function oauthError(status: number, code: string, refusal: Refusal): Error {
  const { description, scope, redirects = false } = refusal;
  return Object.assign(new Error(code), {
    ...(scope !== undefined && { scope }),
    error: code,
    error_description: description,
    status,
    statusCode: status,
    expose: true,
    // RFC 6749 §4.1.2.1: no redirect to a client that is not known to be good.
    allow_redirect: redirects,
  });
}

/** The client is refused. */
export function clientRefused(): Error {
  return oauthError(400, 'invalid_client', { description: 'client is not allowed' });
}

/** Nobody knows: not a no, so the agent may come back (RFC 6749 §4.1.2.1). */
export function notKnown(): Error {
  return oauthError(503, 'temporarily_unavailable', {
    description: 'the client could not be verified at this time',
  });
}

// RFC 7591 §3.2.2: a statement that is good in itself, of somebody whom this server does not approve.
const unapproved: ReadonlySet<Reason | null> = new Set<Reason>([
  'issuer-not-trusted',
  'policy-not-met',
  'client-blocked',
]);

/** The answer to a registration whose statement, or whose agent, does not hold. */
export function statementRefused({ outcome, reason }: Verdict): Error {
  if (outcome === 'undetermined') return notKnown();
  return unapproved.has(reason)
    ? oauthError(400, 'unapproved_software_statement', {
        description: 'the software statement is not approved here',
      })
    : invalidStatement('the software statement is not valid');
}

/** The answer to a registration without a statement that could be one. */
export function invalidStatement(description: string): Error {
  return oauthError(400, 'invalid_software_statement', { description });
}
