import { afterEach, describe, expect, it } from 'vitest';
import { type HookLanguage, languages } from './support/hook-requests.ts';
import type { TestSidecar, TestSidecarOptions } from './support/running-sidecar.ts';
import { revoke, startTestSidecar, takeRegistryDown } from './support/running-sidecar.ts';

const report = expect.stringMatching(/^rpt_[0-9a-f]{32}$/);
const permitted = 'read:logs/production';
const withheld = 'read:logs/pii';

const running: TestSidecar[] = [];

afterEach(async () => {
  for (const sidecar of running.splice(0)) await sidecar[Symbol.asyncDispose]();
});

async function start(options: TestSidecarOptions = {}): Promise<TestSidecar> {
  const sidecar = await startTestSidecar(options);
  running.push(sidecar);
  return sidecar;
}

function ask(sidecar: TestSidecar, language: HookLanguage, scopes: readonly string[] = []) {
  const { target, request } = language.ask({ clientId: sidecar.world.clientId, scopes });
  return sidecar.send(target, request);
}

const problem = (code: string) => expect.stringContaining(`urn:sealwright:problem:${code}`);
const withReport = (start: string) => expect.stringMatching(new RegExp(`^${start} \\(report rpt_`));

/** What each product is told, in its own words. */
const answers = {
  okta: {
    accepted: [
      200,
      { commands: [], debugContext: { outcome: 'accepted', reason: 'none', report } },
    ],
    rejected: [
      200,
      {
        error: { errorSummary: withReport("The agent's papers are refused: status-revoked") },
        debugContext: { outcome: 'rejected', reason: 'status-revoked', report },
      },
    ],
    undetermined: [
      200,
      {
        error: { errorSummary: withReport("The agent's papers could not be judged: fetch-failed") },
        debugContext: { outcome: 'undetermined', reason: 'fetch-failed', report },
      },
    ],
    withheld: [
      200,
      {
        error: {
          errorSummary: withReport("The agent's papers do not permit all that was asked for"),
        },
        debugContext: { outcome: 'accepted', reason: 'none', report },
      },
    ],
    monitored: [
      200,
      { commands: [], debugContext: { outcome: 'rejected', reason: 'status-revoked', report } },
    ],
  },
  auth0: {
    accepted: [200, { allow: true, report }],
    rejected: [
      200,
      {
        allow: false,
        code: 'invalid_request',
        reason: withReport("The agent's papers are refused: status-revoked"),
        report,
      },
    ],
    undetermined: [
      200,
      {
        allow: false,
        code: 'server_error',
        reason: withReport("The agent's papers could not be judged: fetch-failed"),
        report,
      },
    ],
    withheld: [
      200,
      {
        allow: false,
        code: 'invalid_scope',
        reason: withReport("The agent's papers do not permit all that was asked for"),
        report,
      },
    ],
    monitored: [200, { allow: true, report }],
  },
  entra: {
    accepted: [200, entraClaims()],
    rejected: [403, refusal('agent-refused', 'status-revoked')],
    undetermined: [403, refusal('agent-undetermined', 'fetch-failed')],
    monitored: [200, entraClaims()],
  },
  envoy: {
    accepted: [200, ''],
    rejected: [403, refusal('agent-refused', 'status-revoked')],
    undetermined: [403, refusal('agent-undetermined', 'fetch-failed')],
    withheld: [403, refusal('agent-action-withheld', null)],
    monitored: [200, ''],
  },
  authzen: {
    accepted: [200, { decision: true, context: { report } }],
    rejected: [200, denial('agent-refused', 'status-revoked')],
    undetermined: [200, denial('agent-undetermined', 'fetch-failed')],
    withheld: [200, denial('agent-action-withheld', null)],
    monitored: [200, { decision: true, context: { report } }],
  },
  keycloak: {
    accepted: [200, { allow: true, report }],
    rejected: [
      200,
      {
        allow: false,
        error: 'invalid_client',
        errorDescription: withReport("The agent's papers are refused: status-revoked"),
        report,
      },
    ],
    undetermined: [
      200,
      {
        allow: false,
        error: 'temporarily_unavailable',
        errorDescription: withReport("The agent's papers could not be judged: fetch-failed"),
        report,
      },
    ],
    withheld: [
      200,
      {
        allow: false,
        error: 'invalid_scope',
        errorDescription: withReport("The agent's papers do not permit all that was asked for"),
        report,
      },
    ],
    monitored: [200, { allow: true, report }],
  },
} as const;

function entraClaims() {
  const claims = { sealwrightReport: report };
  const type = 'microsoft.graph.tokenIssuanceStart.provideClaimsForToken';
  return {
    data: {
      '@odata.type': 'microsoft.graph.onTokenIssuanceStartResponseData',
      actions: [{ '@odata.type': type, claims }],
    },
  };
}

function refusal(code: string, reason: string | null) {
  const text = expect.any(String);
  return { type: problem(code), title: text, status: 403, code, reason, report, fix: text };
}

function denial(code: string, reason: string | null) {
  return { decision: false, context: { code, reason, report } };
}

const products = Object.keys(answers) as (keyof typeof answers)[];

describe.each(products)('%s', (product) => {
  const language = languages[product];
  const expected = answers[product];

  it('is told to go on when the papers are in order', async () => {
    const { status, body } = await ask(await start(), language, [permitted]);
    expect([status, body]).toEqual(expected.accepted);
  });

  it('is told to refuse a revoked agent', async () => {
    const sidecar = await start();
    await revoke(sidecar.world);
    const { status, body } = await ask(sidecar, language, [permitted]);
    expect([status, body]).toEqual(expected.rejected);
  });

  it('is told to refuse when the registry is down', async () => {
    const sidecar = await start();
    takeRegistryDown(sidecar.world);
    const { status, body } = await ask(sidecar, language, [permitted]);
    expect([status, body]).toEqual(expected.undetermined);
  });

  it('is told to go on in monitor mode, and the log says what it would have been', async () => {
    const sidecar = await start({ mode: 'monitor' });
    await revoke(sidecar.world);
    const { status, body } = await ask(sidecar, language, [permitted]);
    expect([status, body]).toEqual(expected.monitored);
    expect(sidecar.decisions()).toMatchObject([
      { route: language.path, mode: 'monitor', outcome: 'rejected', reason: 'status-revoked' },
    ]);
  });

  it('knows its clients by names of their own, through the table', async () => {
    const sidecar = await start({
      clientIds: () => new Map([['0oa1abc', 'https://id.acme.com/a/billing-bot/client.json']]),
    });
    for (const [clientId, outcome] of [
      ['0oa1abc', 'accepted'],
      ['0oa2def', 'rejected'],
    ] as const) {
      const { target, request } = language.ask({ clientId, scopes: [permitted] });
      await sidecar.send(target, request);
      expect(sidecar.decisions().at(-1)).toMatchObject({ outcome });
    }
  });
});

// The event of Entra names no scopes.
describe.each(['okta', 'auth0', 'envoy', 'authzen', 'keycloak'] as const)('%s', (product) => {
  it('is told to refuse when something asked for is withheld', async () => {
    const { status, body } = await ask(await start(), languages[product], [withheld]);
    expect([status, body]).toEqual(answers[product].withheld);
  });
});

describe('scopes of the server itself', () => {
  it.each(['okta', 'auth0', 'envoy', 'keycloak'] as const)(
    'are not judged: %s',
    async (product) => {
      const sidecar = await start({ ownScopes: ['openid'] });
      await ask(sidecar, languages[product], ['openid', permitted]);
      expect(sidecar.decisions()).toMatchObject([
        { outcome: 'accepted', scopes: { granted: [permitted], withheld: [] } },
      ]);
    },
  );

  it('are judged like any other unless they are named', async () => {
    const sidecar = await start();
    await ask(sidecar, languages.keycloak, ['openid', permitted]);
    expect(sidecar.decisions()).toMatchObject([
      { scopes: { granted: [permitted], withheld: ['openid'] } },
    ]);
  });
});

describe('Envoy', () => {
  it('hands headers on to the service behind it', async () => {
    const { headers } = await ask(await start(), languages.envoy, [permitted]);
    expect(headers).toMatchObject({
      'x-sealwright-outcome': 'accepted',
      'x-sealwright-granted': permitted,
      'x-sealwright-report': report,
    });
  });

  it.each([
    ['enforce', 403],
    ['monitor', 200],
  ] as const)('gives a request without a client in %s mode %i', async (mode, status) => {
    const sidecar = await start({ mode });
    expect(await sidecar.send('/ext_authz')).toMatchObject({ status });
    expect(sidecar.decisions()).toMatchObject([
      { clientId: '', outcome: 'rejected', reason: 'url-invalid', mode },
    ]);
  });

  it('does not answer a path that only begins alike', async () => {
    expect(await (await start()).send('/ext_authzen')).toMatchObject({ status: 404 });
  });
});

describe('AuthZEN', () => {
  const evaluate = (sidecar: TestSidecar, action: string, resource: string) =>
    sidecar.post('/access/v1/evaluation', {
      subject: { type: 'agent', id: sidecar.world.clientId, properties: { any: 1 } },
      action: { name: action },
      resource: { type: 'any', id: resource },
      context: { time: '2026-11-20T12:00:00Z' },
      futureMember: true,
    });

  it('takes members that it does not know', async () => {
    const { body } = await evaluate(await start(), 'read', 'logs/production');
    expect(body).toMatchObject({ decision: true });
  });

  it.each([
    ['read', 'logs/production write:tickets'],
    ['read:logs/production write', 'tickets'],
    ['read', 'logs/production"'],
    ['read', 'logs/pröduction'],
  ])('denies %j on %j, which is no scope', async (action, resource) => {
    const { status, body } = await evaluate(await start(), action, resource);
    expect(status).toBe(200);
    expect(body).toMatchObject({ decision: false, context: { code: 'agent-action-withheld' } });
  });

  it('names every member that is missing', async () => {
    const { status, body } = await (await start()).post('/access/v1/evaluation', { subject: {} });
    expect(status).toBe(400);
    expect(body).toMatchObject({
      code: 'invalid-input',
      errors: [
        { pointer: '/subject/id' },
        { pointer: '/action/name' },
        { pointer: '/resource/id' },
        { pointer: '/subject/type' },
        { pointer: '/resource/type' },
      ],
    });
  });

  it('answers another media type with 400, as its certification wants', async () => {
    const answer = await (await start()).send('/access/v1/evaluation', {
      method: 'POST',
      headers: { 'Content-Type': 'text/plain' },
      body: '{}',
    });
    expect(answer).toMatchObject({ status: 400, body: { code: 'body-malformed' } });
  });
});

describe('POST /api/v1/verify', () => {
  it('gives the report on a client_id', async () => {
    const sidecar = await start();
    const { status, body } = await ask(sidecar, languages.verify, [permitted, withheld]);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      report,
      outcome: 'accepted',
      reason: null,
      input: { kind: 'client_id', value: sidecar.world.clientId },
      issuer: { did: 'did:web:id.acme.com', trust: 'policy' },
      granted: [permitted],
      withheld: [withheld],
      claims: { name: 'Billing Bot' },
    });
  });

  it('gives the report on a compact credential', async () => {
    const sidecar = await start();
    const jwt = await sidecar.world.issue();
    const { body } = await sidecar.post('/api/v1/verify', { jwt });
    expect(body).toMatchObject({ outcome: 'accepted', input: { kind: 'jwt' } });
    expect(sidecar.decisions()).toMatchObject([{ clientId: sidecar.world.clientId }]);
  });

  it('gives the report on a DID', async () => {
    const did = 'did:web:id.acme.com:a:billing-bot';
    const { body } = await (await start()).post('/api/v1/verify', { did });
    expect(body).toMatchObject({ outcome: 'accepted', subject: { did } });
  });

  it('refuses a DID whose papers name another', async () => {
    const sidecar = await start();
    const jwt = await sidecar.world.issue({ did: 'did:web:id.acme.com:a:other-bot' });
    await sidecar.world.publish({ jwt });
    const did = 'did:web:id.acme.com:a:billing-bot';
    expect(await sidecar.post('/api/v1/verify', { did })).toMatchObject({
      status: 400,
      body: {
        code: 'invalid-input',
        errors: [{ pointer: '/did', detail: 'the papers beside its document name another DID' }],
      },
    });
  });

  it('reduces authorization details', async () => {
    const sidecar = await start();
    const authorizationDetails = [{ type: 'account' }];
    const input = { client_id: sidecar.world.clientId, authorizationDetails };
    const { body } = await sidecar.post('/api/v1/verify', input);
    expect(body).toMatchObject({ outcome: 'accepted', withheld: [{ type: 'account' }] });
  });

  it('gives the same report in monitor mode: who asks here decides for itself', async () => {
    const sidecar = await start({ mode: 'monitor' });
    await revoke(sidecar.world);
    const { status, body } = await ask(sidecar, languages.verify);
    expect(status).toBe(200);
    expect(body).toMatchObject({ outcome: 'rejected', reason: 'status-revoked' });
  });

  it.each([
    [{}, [{ pointer: '', detail: 'give exactly one of "client_id", "jwt" and "did"' }]],
    [
      { client_id: 'https://a.example/b', jwt: 'x' },
      [{ pointer: '', detail: 'give exactly one of "client_id", "jwt" and "did"' }],
    ],
    [{ client_id: 7 }, [{ pointer: '/client_id', detail: 'must be a text' }]],
    [{ did: 'did:key:z6Mk' }, [{ pointer: '/did', detail: 'must be a did:web identifier' }]],
    [
      { did: 'did:web:id.acme.com' },
      [{ pointer: '/did', detail: 'names an organization, not an agent' }],
    ],
    [
      { client_id: 'https://a.example/b', policy: {} },
      [{ pointer: '/policy', detail: 'is not a member of this request' }],
    ],
    [
      { client_id: 'https://a.example/b', scope: ['a'], authorizationDetails: [{}] },
      [
        { pointer: '/scope', detail: 'must be a text of at most 4096 characters' },
        {
          pointer: '/authorizationDetails',
          detail: 'must be at most 64 objects with a "type" (RFC 9396 section 2)',
        },
      ],
    ],
  ])('refuses %j and says why', async (input, errors) => {
    expect(await (await start()).post('/api/v1/verify', input)).toMatchObject({
      status: 400,
      body: { code: 'invalid-input', errors },
    });
  });
});
