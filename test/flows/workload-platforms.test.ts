import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runRecorded } from '../support/recording-terminal.ts';
import { type RunningService, startRunningService } from '../support/running-service.ts';
import {
  makeIssuerKey,
  signToken,
  startWorkloadIssuer,
  type WorkloadIssuer,
} from '../support/workload-issuer.ts';

let service: RunningService;
let issuer: WorkloadIssuer;

beforeAll(async () => {
  service = await startRunningService();
});

afterAll(() => service[Symbol.asyncDispose]());

beforeEach(async () => {
  issuer = await startWorkloadIssuer();
  const { body } = await service.call('GET', '/workload-rules');
  for (const { id } of body['data'] as readonly { readonly id: string }[]) {
    await service.call('DELETE', `/workload-rules/${id}`);
  }
  return () => issuer[Symbol.asyncDispose]();
});

/** The command line of somebody with this token. */
function run(words: readonly string[], options: { input?: string; token?: string } = {}) {
  const { input = '', token = service.token } = options;
  const env = { SEALWRIGHT_SERVER: service.url, SEALWRIGHT_TOKEN: token };
  return runRecorded(words, { env, input });
}

async function createRule(words: readonly string[]): Promise<string> {
  const fixed = ['workload-rule', 'create', '--name', 'a rule', '--json'];
  const { code, out, err } = await run([...fixed, ...words]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out).id;
}

/** The text of the token that a workload gets, or the code that it is refused with. */
async function exchange(subjectToken: string, ...words: readonly string[]): Promise<string> {
  const order = ['token', 'exchange', '--subject-token-file', '-', '--json', ...words];
  const { out, err } = await run(order, { input: `${subjectToken}\n` });
  return out === '' ? JSON.parse(err).error.code : JSON.parse(out).access_token;
}

const issued = expect.stringMatching(/^swt_/);

type Claims = Readonly<Record<string, unknown>>;

interface Platform {
  readonly name: string;
  readonly claims: () => Claims;
  readonly demands: readonly string[];
  /** Claims of workloads that the rule is not for. */
  readonly others: readonly Claims[];
}

const platforms: readonly Platform[] = [
  {
    name: 'GitLab CI',
    claims: () => ({
      jti: randomUUID(),
      sub: 'project_path:acme/agents/billing-bot:ref_type:branch:ref:main',
      namespace_id: '72',
      namespace_path: 'acme/agents',
      project_id: '20',
      project_path: 'acme/agents/billing-bot',
      user_login: 'sample-user',
      pipeline_id: '574',
      pipeline_source: 'push',
      job_id: '302',
      ref: 'main',
      ref_type: 'branch',
      ref_path: 'refs/heads/main',
      ref_protected: 'true',
      environment: 'production',
      runner_environment: 'gitlab-hosted',
      ci_config_ref_uri:
        'gitlab.example.com/acme/agents/billing-bot//.gitlab-ci.yml@refs/heads/main',
    }),
    demands: ['project_path=acme/agents/*', 'ref_protected=true', 'ref_type=branch'],
    others: [
      { project_path: 'acme/agents-evil/bot' },
      { project_path: 'acme/agents/' },
      { project_path: 'acme/agents' },
      { ref_protected: 'false' },
    ],
  },
  {
    name: 'a service account of Kubernetes',
    claims: () => ({
      sub: 'system:serviceaccount:payments:billing-bot',
      jti: randomUUID(),
      'kubernetes.io': {
        namespace: 'payments',
        node: { name: 'node-1', uid: randomUUID() },
        pod: { name: 'billing-bot-5d7f', uid: randomUUID() },
        serviceaccount: { name: 'billing-bot', uid: 'd9e6f1b2' },
      },
    }),
    demands: [
      '/kubernetes.io/namespace=payments',
      '/kubernetes.io/serviceaccount/name=billing-bot',
      '/kubernetes.io/serviceaccount/name=ledger-bot',
    ],
    others: [
      { 'kubernetes.io': { namespace: 'other', serviceaccount: { name: 'billing-bot' } } },
      { 'kubernetes.io': { namespace: 'payments', serviceaccount: { name: 'evil' } } },
      { 'kubernetes.io': 'payments' },
      { 'kubernetes.io': undefined, namespace: 'payments' },
    ],
  },
  {
    name: 'a service application of Okta',
    claims: () => ({
      ver: 1,
      jti: `AT.${randomUUID()}`,
      cid: '0oa1b2c3',
      sub: '0oa1b2c3',
      scp: ['registry', 'other'],
      groups: ['platform'],
    }),
    demands: ['cid=0oa1b2c3', 'scp=registry', 'ver=1'],
    others: [{ cid: '0oa9' }, { scp: ['other'] }, { scp: 'registrysuffix' }, { ver: 2 }],
  },
];

describe.each(platforms)('a token of $name', ({ claims, demands, others }) => {
  async function createPlatformRule(...words: readonly string[]): Promise<string> {
    const claimed = demands.flatMap((demand) => ['--claim', demand]);
    const rule = ['--issuer', issuer.url, '--scope', 'agents:read', ...claimed, ...words];
    return createRule(rule);
  }

  it('is exchanged by its claims', async () => {
    await createPlatformRule();
    const token = await exchange(await issuer.sign({ aud: service.url, ...claims() }));
    expect((await service.call('GET', '/agents', undefined, token)).status).toBe(200);
  });

  it('is not exchanged for workloads beside them', async () => {
    await createPlatformRule();
    for (const changes of others) {
      const token = await issuer.sign({ aud: service.url, ...claims(), ...changes });
      expect(await exchange(token)).toBe('invalid_request');
    }
  });

  it('is exchanged for the audience of the rule alone', async () => {
    const audience = `${service.url}/ci`;
    await createPlatformRule('--audience', audience);
    const sign = (aud: string) => issuer.sign({ aud, ...claims() });
    expect(await exchange(await sign(service.url))).toBe('invalid_request');
    expect(await exchange(await sign(audience))).toEqual(issued);
  });
});

describe('a JWT-SVID of a SPIFFE trust domain', () => {
  const id = 'spiffe://prod.acme.com/ns/payments/sa/billing-bot';

  async function createDomainRule(sub: string): Promise<void> {
    const words = ['--kind', 'spiffe', '--issuer', 'prod.acme.com', '--scope', 'agents:read'];
    await createRule([...words, '--claim', `sub=${sub}`, '--jwks-uri', `${issuer.url}/keys`]);
  }

  /** Without `iss`, `iat` and `jti`, as a workload API gives it. */
  const svid = (changes: Claims = {}) =>
    signToken(issuer.key, {
      ...{ sub: id, aud: [service.url], iat: undefined, nbf: undefined },
      ...changes,
    });

  beforeEach(() => {
    const { use: _use, alg: _alg, ...jwk } = issuer.key.publicJwk;
    issuer.keySet = {
      keys: [
        { ...jwk, use: 'jwt-svid' },
        { kty: 'EC', use: 'x509-svid', x5c: ['MII…'] },
      ],
      spiffe_sequence: 12,
      spiffe_refresh_hint: 300,
    };
  });

  it('is exchanged by its SPIFFE ID, once', async () => {
    await createDomainRule(id);
    const token = await svid({ exp: Math.floor(Date.now() / 1000) + 200 });
    expect(await exchange(token)).toEqual(issued);
    expect(await exchange(token)).toBe('invalid_request');
    expect(issuer.asked).toEqual(['/keys']);
  });

  it('is exchanged by a path that ends between two segments', async () => {
    await createDomainRule('spiffe://prod.acme.com/ns/payments/*');
    const token = await svid({ exp: Math.floor(Date.now() / 1000) + 201 });
    expect(await exchange(token)).toEqual(issued);
  });

  it.each([
    ['another path', { sub: 'spiffe://prod.acme.com/ns/payments-evil/sa/billing-bot' }],
    ['a path with dots', { sub: 'spiffe://prod.acme.com/ns/payments/../x' }],
    ['a slash at its end', { sub: `${id}/` }],
    ['another trust domain', { sub: 'spiffe://prod.evil.com/ns/payments/sa/billing-bot' }],
    ['the domain itself', { sub: 'spiffe://prod.acme.com' }],
    ['another audience', { aud: ['https://x.example'] }],
    ['two audiences', { aud: [service?.url ?? '', 'https://x.example'] }],
    ['no end', { exp: undefined }],
  ])('with %s is not taken', async (_what, changes) => {
    await createDomainRule('spiffe://prod.acme.com/ns/payments/*');
    expect(await exchange(await svid(changes))).toBe('invalid_request');
  });

  it('is not verified with a key for another use', async () => {
    await createDomainRule(id);
    issuer.keySet = { keys: [issuer.key.publicJwk] };
    expect(await exchange(await svid())).toBe('invalid_request');
  });
});

describe('a rule', () => {
  const github = 'https://token.actions.githubusercontent.com';
  const plain = {
    name: 'a rule',
    issuer: github,
    claims: { repository: 'acme/bot' },
    grants: { scopes: ['agents:read'] },
  };

  it.each([
    ['no claims', { claims: {} }, '/claims'],
    ['the audience as its only claim', { claims: { aud: 'x' } }, '/claims/aud'],
    ['no owner at an issuer of everybody', { claims: { ref: 'refs/heads/main' } }, '/claims'],
    ['a star in the middle', { claims: { repository: 'acme/*/bot' } }, '/claims/repository'],
    ['a star without a slash', { claims: { repository: 'acme*' } }, '/claims/repository'],
    ['a star for everything', { claims: { repository: '/*' } }, '/claims/repository'],
    ['an empty list', { claims: { repository: [] } }, '/claims/repository'],
    ['an issuer over http', { issuer: 'http://issuer.example' }, '/issuer'],
    ['an issuer with a query', { issuer: `${github}?x` }, '/issuer'],
    ['an issuer that is no URL', { issuer: 'github' }, '/issuer'],
    ['an audience elsewhere', { audience: 'https://x.example' }, '/audience'],
    ['the right to make tokens', { grants: { scopes: ['org:admin'] } }, '/grants/scopes'],
    ['no scope', { grants: { scopes: [] } }, '/grants/scopes'],
    ['a life of two hours', { tokenLifetime: 'PT2H' }, '/tokenLifetime'],
    ['a life of a second', { tokenLifetime: 'PT1S' }, '/tokenLifetime'],
    ['a life of a day', { tokenLifetime: 'P1D' }, '/tokenLifetime'],
    ['a domain that is none', { kind: 'spiffe', issuer: 'https://x', jwksUri: github }, '/issuer'],
    ['a domain without a bundle', { kind: 'spiffe', issuer: 'acme.com' }, '/jwksUri'],
    [
      'an ID of another domain',
      { kind: 'spiffe', issuer: 'a.com', jwksUri: github, claims: { sub: 'spiffe://b.com/*' } },
      '/claims/sub',
    ],
    ['a member that is not known', { wildcard: true }, '/wildcard'],
  ])('with %s is refused by name', async (_what, changes, pointer) => {
    const { status, body } = await service.call('POST', '/workload-rules', {
      ...plain,
      ...changes,
    });
    expect({ status, body }).toMatchObject({ status: 400, body: { code: 'invalid-input' } });
    const errors = body['errors'] as readonly { readonly pointer: string }[];
    expect(errors.map((error) => error.pointer)).toContain(pointer);
  });

  it('gives no scope that its author has not, and is made by an administrator', async () => {
    const { body } = await service.call('POST', '/tokens', { name: 'x', scopes: ['org:admin'] });
    const admin = String(body['token']);
    const refused = await service.call('POST', '/workload-rules', plain, admin);
    expect(refused).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/grants/scopes' }] },
    });
    const reader = await service.call('POST', '/tokens', { name: 'x', scopes: ['agents:read'] });
    const plainToken = String(reader.body['token']);
    expect((await service.call('POST', '/workload-rules', plain, plainToken)).status).toBe(403);
    expect((await service.call('GET', '/workload-rules', undefined, plainToken)).status).toBe(403);
  });

  it('for an agent that is not there is refused', async () => {
    const grants = { scopes: ['keys:write'], agent: 'nobody' };
    const { body } = await service.call('POST', '/workload-rules', { ...plain, grants });
    expect(body['code']).toBe('agent-not-found');
  });

  it('is listed with its last use, and takes its tokens along when it is deleted', async () => {
    const words = ['--issuer', issuer.url, '--claim', 'sub=job', '--scope', 'agents:read'];
    const id = await createRule([...words, '--team', 'payments', '--token-lifetime', 'PT5M']);
    expect((await run(['workload-rule', 'list'])).out).toContain('sub=job');
    const token = await exchange(await issuer.sign({ aud: service.url, sub: 'job', jti: 'a' }));
    const { body } = await service.call('GET', '/workload-rules');
    const rules = body['data'] as readonly { readonly id: string }[];
    expect(rules.find((rule) => rule.id === id)).toMatchObject({
      tokenLifetime: 'PT5M',
      grants: { scopes: ['agents:read'], team: 'payments', agent: null },
      lastUsedAt: expect.stringMatching(/^20/),
    });
    expect((await service.call('GET', '/organization', undefined, token)).status).toBe(200);
    expect((await run(['workload-rule', 'delete', id])).code).toBe(0);
    expect((await service.call('GET', '/organization', undefined, token)).status).toBe(401);
    expect((await run(['workload-rule', 'delete', id])).code).toBe(5);
    const again = await issuer.sign({ aud: service.url, sub: 'job', jti: 'b' });
    expect(await exchange(again)).toBe('invalid_request');
  });
});

describe('a token bound to one agent', () => {
  it('has that agent signed for, and no other', async () => {
    for (const handle of ['agent-a', 'agent-b']) {
      const order = { handle, kind: 'agent', name: 'A', owners: ['a@acme.com'] };
      await service.call('POST', '/agents', { ...order, keyCustody: 'registry' });
    }
    const words = ['--issuer', issuer.url, '--claim', 'sub=pod-a', '--scope', 'keys:write'];
    await createRule([...words, '--agent', 'agent-a']);
    const token = await exchange(await issuer.sign({ aud: service.url, sub: 'pod-a', jti: 'x' }));
    const sign = (handle: string) =>
      service.call(
        'POST',
        `/agents/${handle}/assertions`,
        { audience: 'https://as.example' },
        token,
      );
    expect((await sign('agent-a')).status).toBe(200);
    const refused = await sign('agent-b');
    expect(refused).toMatchObject({ status: 404, body: { code: 'agent-not-found' } });
    await service.call('POST', '/agents/agent-a/retire', { reason: 'INC-1' });
    const late = await issuer.sign({ aud: service.url, sub: 'pod-a', jti: 'y' });
    expect(await exchange(late)).toBe('invalid_request');
  });
});

describe('two issuers with keys of one name', () => {
  it('are told apart by their own key sets', async () => {
    const words = ['--claim', 'sub=job', '--scope', 'agents:read'];
    await createRule(['--issuer', issuer.url, ...words]);
    const other = await makeIssuerKey(issuer.key.kid);
    const claims = { aud: service.url, sub: 'job', iss: issuer.url };
    expect(await exchange(await signToken(other, claims))).toBe('invalid_request');
    expect(await exchange(await signToken(issuer.key, claims))).toEqual(issued);
  });
});
