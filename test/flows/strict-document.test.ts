import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { importJWK, type JWK, SignJWT } from 'jose';
import { type Configuration, Provider } from 'oidc-provider';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpsListener, listenHttps } from '../../src/demo/listen-https.ts';
import { lintDocument } from '../../src/lint/lint-document.ts';
import { targets } from '../../src/lint/targets.ts';
import { withAgentClients } from '../../src/verifier/adapters/oidc-provider.ts';
import { createVerifier } from '../../src/verifier/index.ts';
import { guardedFetch } from '../../src/verifier/node/index.ts';
import type { Verifier } from '../../src/verifier/ports.ts';
import { testCertificates } from '../support/agent-world.ts';
import { type RunningService, startRunningService } from '../support/running-service.ts';

const reason = 'CHG-4711';
const onboarding = {
  handle: 'triage-bot',
  kind: 'agent',
  name: 'Triage Bot',
  version: '1.0.0',
  owners: ['owner@acme.example'],
  keyCustody: 'issued',
  profiles: ['strict'],
};
const readsLogs = { actions: [{ action: 'read', resource: 'logs/production' }] };
const scope = 'read:logs/production read:logs/pii';

let running: RunningService;

async function onboard(): Promise<Readonly<Record<string, unknown>>> {
  const answer = await running.call('POST', '/agents', onboarding);
  expect(answer.status).toBe(201);
  const facet = { type: 'allowed-actions', claims: readsLogs, reason };
  expect((await running.call('POST', '/agents/triage-bot/credentials', facet)).status).toBe(201);
  return answer.body;
}

describe('an authorization server that knows no vc+jwt', () => {
  const resource = 'https://logs.example/mcp';
  let server: HttpsListener;
  let verifier: Verifier;
  let agent: Readonly<Record<string, unknown>>;
  let strictId: string;
  let refusals: (string | null)[];

  beforeAll(async () => {
    running = await startRunningService({ https: true });
    agent = await onboard();
    strictId = String((agent['documents'] as Record<string, unknown>)['strictClient']);
    const trust = {
      issuer: running.service.organization.did,
      clientIds: [`${running.url}/a/`],
      credentialTypes: ['AgentAuthorizationCredential'],
    };
    verifier = createVerifier({
      fetch: guardedFetch({ allowLoopback: true }),
      policy: { mode: 'enforce', trust: [trust] },
    });
    server = await listenHttps(testCertificates());
    const { extraClientMetadata: _kept, ...configuration } = withAgentClients(
      plainConfiguration(),
      verifier,
      { onVerdict: (verdict) => refusals.push(verdict.reason) },
    );
    const provider = new Provider(server.url, configuration);
    server.handle((request, response) => void provider.callback()(request, response));
  });

  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await running[Symbol.asyncDispose]();
  });

  function plainConfiguration(): Configuration {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    return {
      jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' }] },
      cookies: { keys: [randomBytes(32).toString('base64url')] },
      clientAuthMethods: ['private_key_jwt'],
      clientDefaults: { id_token_signed_response_alg: 'ES256' },
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: (_context, audience) => ({
            scope,
            audience,
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: 'ES256' } },
          }),
        },
      },
    };
  }

  async function requestToken(): Promise<readonly unknown[]> {
    refusals = [];
    const assertion = await new SignJWT({})
      .setProtectedHeader({ alg: 'ES256' })
      .setIssuer(strictId)
      .setSubject(strictId)
      .setAudience(server.url)
      .setJti(randomUUID())
      .setIssuedAt()
      .setExpirationTime('1m')
      .sign(await importJWK(agent['privateJwk'] as JWK, 'ES256'));
    const response = await fetch(`${server.url}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: strictId,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: assertion,
        resource,
        scope: 'read:logs/production',
      }),
    });
    const body = (await response.json()) as Record<string, unknown>;
    return [response.status, body['scope'] ?? body['error']];
  }

  /** What a webhook or time would do. */
  function spread(): void {
    for (const list of ['status/1r', 'status/1s']) verifier.invalidate(`${running.url}/${list}`);
    verifier.invalidate(strictId);
  }

  it('lets the agent in by its strict document, for what its passport permits', async () => {
    expect(await requestToken()).toEqual([200, 'read:logs/production']);
    const { granted, withheld, report } = await verifier.verifyClient(strictId, { scope });
    expect([granted, withheld]).toEqual([['read:logs/production'], ['read:logs/pii']]);
    const line = report.checks.find(({ id }) => id === 'document.credential');
    expect(line?.evidence).toMatchObject({
      from: 'link',
      url: `${running.url}/a/triage-bot/strict/passport.jwt`,
    });
  });

  it('refuses it while the agent is suspended, and again once it is retired', async () => {
    await running.call('POST', '/agents/triage-bot/suspend', { reason });
    spread();
    expect(await requestToken()).toEqual([400, 'invalid_client']);
    expect(refusals).toContain('status-suspended');
    await running.call('POST', '/agents/triage-bot/resume', { reason });
    spread();
    expect(await requestToken()).toEqual([200, 'read:logs/production']);
    await running.call('POST', '/agents/triage-bot/retire', { reason });
    expect((await fetch(strictId)).status).toBe(410);
    const passport = `${running.url}/a/triage-bot/strict/passport.jwt`;
    expect((await fetch(passport)).status).toBe(410);
    spread();
    expect(await requestToken()).toEqual([400, 'invalid_client']);
  });
});

describe('the documents of an agent, as they are served', () => {
  const base = 'https://id.acme.example';
  const folder = '/a/triage-bot';

  beforeAll(async () => {
    running = await startRunningService({ baseUrl: base });
    await onboard();
    const attestation = {
      framework: 'https://www.iso.org/standard/27001',
      edition: 'ISO/IEC 27001:2022',
      outcome: 'conformant',
      assessor: 'did:web:assessor.example',
    };
    const facet = { type: 'compliance', claims: { attestations: [attestation] }, reason };
    await running.call('POST', '/agents/triage-bot/credentials', facet);
  });

  afterAll(() => running[Symbol.asyncDispose]());

  /** Each target's outcome for the document, and the findings that decide it. */
  async function lint(path: string) {
    const response = await fetch(`${running.service.listening}${path}`);
    const body = new Uint8Array(await response.arrayBuffer());
    const answer = { status: response.status, headers: new Map(response.headers) };
    const report = lintDocument({ body, url: base + path, response: answer }, { targets });
    const outcomes = report.targets.map(({ target, outcome }) => [target, outcome] as const);
    const atproto = report.targets.find(({ target }) => target === 'atproto');
    return {
      findings: report.findings.map(({ id }) => id),
      outcomes: Object.fromEntries(outcomes),
      atproto: atproto?.reasons,
    };
  }

  /** The targets that treat members beyond the standards in one of these ways, but for atproto. */
  function targetsThat(...manners: readonly string[]): readonly string[] {
    return targets
      .filter(({ extraMembers }) => manners.includes(extraMembers))
      .map(({ id }) => id)
      .filter((id) => id !== 'atproto');
  }

  /** AT Protocol clients are a kind of their own: they have a scope, DPoP, and no client credentials. */
  const atprotoWants = [
    'atproto.metadata.scope',
    'atproto.metadata.dpop',
    'atproto.metadata.grant-types',
  ];

  it('pass every server that takes extra members, with the passport in them', async () => {
    const { findings, outcomes, atproto } = await lint(`${folder}/client.json`);
    expect(findings).toEqual([]);
    expect(targetsThat('accepted', 'kept-if-declared', 'dropped')).toEqual([
      'oidc-provider',
      'better-auth',
      'mcp-2026-07-28',
      'auth0',
      'cloudflare',
      'fastmcp',
      'janssen',
    ]);
    expect(outcomes).toEqual({
      'oidc-provider': 'accepts',
      'better-auth': 'accepts',
      'mcp-2026-07-28': 'accepts',
      auth0: 'accepts',
      keycloak: 'refuses',
      cloudflare: 'accepts',
      atproto: 'refuses',
      fastmcp: 'accepts',
      entra: 'unknown',
      oracle: 'unknown',
      janssen: 'unknown',
      gravitee: 'unknown',
    });
    expect(atproto).toEqual(atprotoWants);
  });

  it('pass the others without it, and every known server but atproto takes one of the two', async () => {
    const { findings, outcomes, atproto } = await lint(`${folder}/strict/client.json`);
    expect(findings).toEqual([]);
    expect(targetsThat('refused', 'unknown')).toEqual(['keycloak', 'entra', 'oracle', 'gravitee']);
    expect(outcomes).toMatchObject({
      keycloak: 'accepts',
      entra: 'unknown',
      oracle: 'unknown',
      gravitee: 'unknown',
    });
    expect(Object.keys(outcomes).filter((id) => outcomes[id] === 'refuses')).toEqual(['atproto']);
    expect(atproto).toEqual(atprotoWants);
  });

  it('are what the registry shows as the lint of the agent', async () => {
    const { body } = await running.call('GET', '/agents/triage-bot');
    type Shown = { readonly targets: readonly { target: string; outcome: string }[] };
    const kept = body['lint'] as Shown & { readonly strict: Shown; readonly checkedAt: string };
    const outcomesIn = (shown: Shown) =>
      Object.fromEntries(shown.targets.map(({ target, outcome }) => [target, outcome]));
    const own = await lint(`${folder}/client.json`);
    const strict = await lint(`${folder}/strict/client.json`);
    expect(outcomesIn(kept)).toEqual(own.outcomes);
    expect(outcomesIn(kept.strict)).toEqual(strict.outcomes);
    expect(Date.now() - Date.parse(kept.checkedAt)).toBeLessThan(60_000);
  });
});
