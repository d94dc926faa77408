import { describe, expect, it } from 'vitest';
import { requireAgent } from '../../../src/verifier/adapters/express.ts';
import {
  createStubVerifier,
  type StubbedVerdict,
  stubClientId,
} from '../../support/stub-verifier.ts';

interface Call {
  readonly client?: string;
  readonly tool?: string;
}

interface Outcome {
  passed: boolean;
  failed: unknown;
  status: number;
  headers: Map<string, string>;
  body: { readonly [name: string]: unknown };
  agent: unknown;
}

async function call(
  verdict: StubbedVerdict,
  request: Call = { client: stubClientId },
  action?: string | ((request: Call) => string | undefined),
): Promise<Outcome> {
  const verifier = createStubVerifier();
  verifier.verdict = verdict;
  const middleware = requireAgent(verifier, {
    clientId: (asked: Call) => asked.client,
    ...(action === undefined ? {} : { action }),
  });
  const headers = new Map<string, string>();
  const locals: { agent?: unknown } = {};
  let text = '{}';
  let next: readonly unknown[] | undefined;
  const response = {
    locals,
    statusCode: 200,
    setHeader: (name: string, value: string) => headers.set(name.toLowerCase(), value),
    end: (body: string) => {
      text = body;
    },
  };
  await middleware(request, response, (...given) => {
    next = given;
  });
  return {
    passed: next?.length === 0,
    failed: next?.[0],
    status: response.statusCode,
    headers,
    body: JSON.parse(text) as { readonly [name: string]: unknown },
    agent: locals.agent,
  };
}

const refused = {
  code: 'agent-refused',
  title: 'Agent refused',
  detail: "The agent's papers do not hold. A new access token does not change that.",
};
const undetermined = {
  code: 'agent-undetermined',
  title: 'Agent not verifiable at this time',
  detail: 'Whether the papers hold could not be found out. This is not a refusal.',
};

describe('requireAgent', () => {
  it('lets an accepted agent pass and leaves the verdict in locals', async () => {
    const outcome = await call({});
    expect(outcome.passed).toBe(true);
    expect(outcome.agent).toMatchObject({
      outcome: 'accepted',
      client: { clientId: 'https://id.example/a/bot/client.json' },
    });
  });

  it.each([
    ['rejected', 'status-suspended', 403, refused],
    ['rejected', 'issuer-not-trusted', 403, refused],
    ['undetermined', 'status-unavailable', 503, undetermined],
  ] as const)('answers %s (%s) with %d', async (outcome, reason, status, words) => {
    const answer = await call({ outcome, reason });
    expect(answer.passed).toBe(false);
    expect(answer.agent).toBeUndefined();
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toEqual({
      type: `urn:sealwright:problem:${words.code}`,
      ...words,
      status,
      reason,
      report: 'rpt_0000000001',
    });
  });

  it('says when to come back only where it is a don’t-know', async () => {
    const unknown = await call({ outcome: 'undetermined', reason: 'fetch-failed' });
    const no = await call({ outcome: 'rejected', reason: 'status-revoked' });
    expect(unknown.headers.get('retry-after')).toBe('5');
    expect(no.headers.get('retry-after')).toBeUndefined();
    expect(no.headers.get('www-authenticate')).toBeUndefined();
  });

  it.each([{}, { client: '' }])('answers 401 when the request names no client: %o', async (ask) => {
    const answer = await call({}, ask);
    expect(answer.status).toBe(401);
    expect(answer.body).toEqual({
      type: 'urn:sealwright:problem:agent-unidentified',
      code: 'agent-unidentified',
      status: 401,
      title: 'No agent identified',
      detail: 'The request names no client whose papers could be checked.',
    });
    expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
  });

  it('asks the verifier for the action and passes what the papers permit', async () => {
    const answer = await call({ permitted: ['read:logs'] }, { client: stubClientId }, 'read:logs');
    expect(answer.passed).toBe(true);
  });

  it('answers insufficient_scope for an action that the papers withhold', async () => {
    const answer = await call(
      { permitted: ['read:logs'] },
      { client: stubClientId, tool: 'read:logs read:pii write:pii' },
      (request) => request.tool,
    );
    expect(answer.status).toBe(403);
    expect(answer.body).toEqual({
      type: 'urn:sealwright:problem:agent-action-withheld',
      code: 'agent-action-withheld',
      status: 403,
      title: 'Action not permitted',
      detail: 'The agent is in good standing, but its papers do not permit this action.',
      withheld: ['read:pii', 'write:pii'],
      report: 'rpt_0000000001',
    });
    expect(answer.headers.get('www-authenticate')).toBe(
      'Bearer error="insufficient_scope", scope="read:pii write:pii"',
    );
  });

  it('keeps what is no scope token out of the header, and withholds it', async () => {
    const answer = await call({}, { client: stubClientId }, 'a"\r\nx:y read:pii');
    expect(answer.status).toBe(403);
    expect(answer.headers.get('www-authenticate')).toBe(
      'Bearer error="insufficient_scope", scope="read:pii"',
    );
  });

  it('asks for no action when the request needs none', async () => {
    const answer = await call({}, { client: stubClientId }, () => undefined);
    expect(answer.passed).toBe(true);
  });

  it.each([
    { outcome: 'rejected', reason: 'status-suspended', advisory: true },
    { outcome: 'undetermined', reason: 'status-unavailable', advisory: true },
    { advisory: true },
  ] as const)('does not act on a verdict that is advisory: %o', async (verdict) => {
    const answer = await call(verdict, { client: stubClientId }, 'read:logs');
    expect(answer.passed).toBe(true);
    expect(answer.agent).toMatchObject({ advisory: true, withheld: ['read:logs'] });
  });

  it('hands what a callback throws to next', async () => {
    const thrown = new Error('no session');
    const answer = await call({}, { client: stubClientId }, () => {
      throw thrown;
    });
    expect(answer.failed).toBe(thrown);
    expect(answer.agent).toBeUndefined();
  });
});
