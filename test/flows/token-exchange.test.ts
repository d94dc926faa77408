import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RunningService, startRunningService } from '../support/running-service.ts';
import { startWorkloadIssuer, type WorkloadIssuer } from '../support/workload-issuer.ts';

const grant = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
};

let service: RunningService;
let github: WorkloadIssuer;

/** The claims of a job in GitHub Actions, as its documentation has them. */
function jobClaims(changes: Readonly<Record<string, unknown>> = {}) {
  return {
    jti: randomUUID(),
    sub: 'repo:acme/billing-bot:ref:refs/heads/main',
    aud: service.url,
    ref: 'refs/heads/main',
    sha: '7d3f8a1c',
    repository: 'acme/billing-bot',
    repository_id: '74',
    repository_owner: 'acme',
    repository_owner_id: '65',
    run_id: '154',
    run_number: '10',
    run_attempt: '2',
    runner_environment: 'github-hosted',
    actor: 'octocat',
    workflow: 'enrol',
    event_name: 'push',
    ref_type: 'branch',
    ref_protected: 'true',
    job_workflow_ref: 'acme/billing-bot/.github/workflows/enrol.yml@refs/heads/main',
    ...changes,
  };
}

async function exchange(form: Readonly<Record<string, string>>) {
  const response = await fetch(`${service.url}/api/v1/token-exchange`, {
    method: 'POST',
    body: new URLSearchParams({ ...grant, ...form }),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Readonly<Record<string, unknown>>,
  };
}

async function createRule(changes: Readonly<Record<string, unknown>> = {}) {
  const { status, body } = await service.call('POST', '/workload-rules', {
    name: 'billing-bot on main',
    issuer: github.url,
    claims: { repository: 'acme/billing-bot', ref: 'refs/heads/main' },
    grants: { scopes: ['agents:read', 'agents:write'], team: 'payments' },
    ...changes,
  });
  expect({ status, body }).toMatchObject({ status: 201 });
  return String(body['id']);
}

beforeAll(async () => {
  service = await startRunningService();
  github = await startWorkloadIssuer();
});

afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await github[Symbol.asyncDispose]();
});

beforeEach(async () => {
  const rules = (await service.call('GET', '/workload-rules')).body['data'];
  for (const { id } of rules as readonly { readonly id: string }[]) {
    await service.call('DELETE', `/workload-rules/${id}`);
  }
});

describe('a job with the claims of a rule', () => {
  it('gets a short token for what the rule gives, and no other', async () => {
    await createRule();
    const { status, headers, body } = await exchange({
      subject_token: await github.sign(jobClaims()),
    });
    expect(status).toBe(200);
    expect(body).toEqual({
      access_token: expect.stringMatching(/^swt_[\w-]{43}$/),
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      token_type: 'Bearer',
      expires_in: 900,
      scope: 'agents:read agents:write',
    });
    expect(headers.get('cache-control')).toBe('no-store');
    const token = String(body['access_token']);
    expect((await service.call('GET', '/agents', undefined, token)).status).toBe(200);
    expect((await service.call('GET', '/tokens', undefined, token)).status).toBe(403);
  });

  it('is on record with its rule and its claims', async () => {
    const rule = await createRule();
    const claims = jobClaims();
    await exchange({ subject_token: await github.sign(claims) });
    const { body } = await service.call('GET', '/audit?action=token.exchanged&limit=200');
    const records = body['data'] as readonly { readonly event: object }[];
    expect(records.at(-1)?.event).toMatchObject({
      actor: { kind: 'system', id: 'token-exchange' },
      details: {
        rule,
        issuer: github.url,
        workload: 'repo:acme/billing-bot:ref:refs/heads/main',
        jti: claims.jti,
        claims: ['repository=acme/billing-bot', 'ref=refs/heads/main'],
        scopes: ['agents:read', 'agents:write'],
        team: 'payments',
        agent: null,
      },
    });
  });

  it('is exchanged once, also when two ask at a time', async () => {
    await createRule();
    const subject_token = await github.sign(jobClaims());
    const answers = await Promise.all(Array.from({ length: 8 }, () => exchange({ subject_token })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(400)]);
  });
});

const refused = {
  error: 'invalid_request',
  error_description: 'The subject token is not accepted.',
};

describe('a token that is not taken', () => {
  it.each([
    ['for another audience', { aud: 'https://id.other.example' }],
    ['for our audience among others', { aud: ['https://id.other.example', 'x'] }],
    ['of another repository', { repository: 'acme-evil/billing-bot' }],
    ['without the claim', { repository: undefined }],
    ['that has ended', { exp: Math.floor(Date.now() / 1000) - 61 }],
    ['that has not begun', { nbf: Math.floor(Date.now() / 1000) + 120 }],
    ['without an end', { exp: undefined }],
    ['that lives for a month', { exp: Math.floor(Date.now() / 1000) + 30 * 86_400 }],
    ['of another issuer with the same keys', { iss: 'http://localhost:1' }],
  ])('%s', async (_name, changes) => {
    await createRule();
    const subject_token = await github.sign(jobClaims(changes));
    expect(await exchange({ subject_token })).toMatchObject({ status: 400, body: refused });
  });
});
