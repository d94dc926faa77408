import type { Configuration } from 'oidc-provider';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { clientMetadataDigest } from '../../../src/protocol/client-metadata.ts';
import { withAgentClients } from '../../../src/verifier/adapters/oidc-provider.ts';
import type { TrustPolicy } from '../../../src/verifier/ports.ts';
import { plainConfiguration, resource } from '../../support/agent-server.ts';
import { createStubVerifier } from '../../support/stub-verifier.ts';
import { type PaperServer, startPaperServer } from '../support/paper-server.ts';
import {
  createKey,
  createPaperWorld,
  type PaperWorld,
  type TestKey,
} from '../support/paper-world.ts';

let world: PaperWorld;
let server: PaperServer;
let passport: string;
let key: TestKey;

beforeAll(async () => {
  world = await createPaperWorld();
  passport = await world.issue();
  await world.publish({ jwt: passport });
  key = world.agentKey;
  server = await startPaperServer(world, { options: { registerAgents: true }, key: () => key });
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

afterEach(async () => {
  key = world.agentKey;
  await world.publish({ jwt: passport });
  await world.publishList({ purpose: 'revocation' });
  world.publishKeys([world.agentKey]);
  spread();
});

function spread(): void {
  const urls = [world.revocationList, world.suspensionList, world.clientId, world.jwksUri];
  for (const url of urls) server.verifier.invalidate(url);
}

function register(body: object = {}) {
  return server.postJson('/reg', { software_statement: passport, ...body });
}

async function registeredId(): Promise<string> {
  const { status, json } = await register();
  expect(status).toBe(201);
  return String(json['client_id']);
}

function askForToken(clientId: string) {
  const form = { grant_type: 'client_credentials', scope: 'write:tickets read:logs/pii', resource };
  return server.postAs(clientId, '/token', form);
}

const redirectUri = 'https://id.acme.com/a/billing-bot/callback';

describe('a registration', () => {
  it('with a passport and nothing else gets the metadata that the papers bind', async () => {
    const { status, json } = await register();
    expect(status).toBe(201);
    expect(json).toMatchObject({
      agent_client_id: world.clientId,
      software_statement: passport,
      client_name: 'Billing Bot',
      redirect_uris: [redirectUri],
      grant_types: ['authorization_code', 'client_credentials'],
      token_endpoint_auth_method: 'private_key_jwt',
      jwks_uri: world.jwksUri,
    });
    expect(json['client_id']).not.toBe(world.clientId);
    expect(json['client_secret']).toBeUndefined();
    expect(json['vc+jwt']).toBeUndefined();
    expect(server.verdicts.at(-1)?.use).toEqual({
      clientId: world.clientId,
      allowed: true,
      differing: [],
    });
  });

  it('may say what the papers say, in another order, and want fewer grant types', async () => {
    const same = { redirect_uris: [redirectUri], contacts: ['agents@acme.com'] };
    const { status, json } = await register({ ...same, grant_types: ['authorization_code'] });
    expect([status, json['grant_types']]).toEqual([201, ['authorization_code']]);
  });

  it.each([
    ['invalid_redirect_uri', { redirect_uris: ['https://evil.example/callback'] }],
    ['invalid_redirect_uri', { redirect_uris: [redirectUri, 'https://evil.example/callback'] }],
    ['invalid_client_metadata', { jwks_uri: 'https://evil.example/jwks.json' }],
    ['invalid_client_metadata', { token_endpoint_auth_method: 'none' }],
    ['invalid_client_metadata', { client_name: 'Payroll' }],
    ['invalid_client_metadata', { grant_types: ['authorization_code', 'implicit'] }],
    ['invalid_client_metadata', { grant_types: 'authorization_code' }],
  ])('is refused as %s where it contradicts the papers: %o', async (error, body) => {
    const { status, json } = await register(body);
    expect([status, json['error']]).toEqual([400, error]);
  });

  it('leaves out what the papers do not bind', async () => {
    const { status, json } = await register({
      logo_uri: 'https://evil.example/logo.png',
      post_logout_redirect_uris: ['https://evil.example/bye'],
      jwks: { keys: [] },
      scope: 'read:static',
      agent_client_id: 'https://id.acme.com/a/other/client.json',
    });
    expect(status).toBe(201);
    expect(json['agent_client_id']).toBe(world.clientId);
    const left = ['logo_uri', 'post_logout_redirect_uris', 'jwks', 'scope'];
    // The server's own default for addresses to return to.
    expect(left.map((member) => json[member])).toEqual([undefined, [], undefined, undefined]);
  });

  it.each([
    ['no statement', undefined],
    ['a statement that is no text', { jwt: 'x' }],
    ['a statement that is no token', 'x'],
    ['a statement that nobody signed', 'eyJhbGciOiJub25lIn0.e30.'],
  ])('with %s is an invalid_software_statement', async (_case, statement) => {
    const { status, json } = await register({ software_statement: statement });
    expect([status, json['error']]).toEqual([400, 'invalid_software_statement']);
  });

  it('with a forged signature is an invalid_software_statement', async () => {
    const forged = await world.sign(await world.passport(), {
      key: await createKey(),
      header: { kid: world.kidOf(world.issuerKey) },
    });
    const { status, json } = await register({ software_statement: forged });
    expect([status, json['error']]).toEqual([400, 'invalid_software_statement']);
  });

  it('with a statement that was revoked is an invalid_software_statement', async () => {
    await world.publishList({ purpose: 'revocation', set: [world.index] });
    spread();
    const { status, json } = await register();
    expect([status, json['error']]).toEqual([400, 'invalid_software_statement']);
  });

  it('with a good statement is refused where the document is not the one vouched for', async () => {
    await world.publish({
      core: { ...world.core, redirect_uris: ['https://evil.example/callback'] },
      jwt: passport,
    });
    spread();
    const { status, json } = await register();
    expect([status, json['error']]).toEqual([400, 'invalid_software_statement']);
  });

  it('oauth:SWS-08 takes all metadata from the document that was judged', async () => {
    // A document cannot carry a statement over its own octets.
    const inside = { logo_uri: 'https://id.acme.com/logo.png', software_statement: 'e30.e30.e30' };
    const core = { ...world.core, ...inside };
    const statement = await world.issue({ documentDigest: await clientMetadataDigest(core) });
    await world.publish({ core, jwt: statement });
    spread();
    const { status, json } = await register({
      software_statement: statement,
      policy_uri: 'https://evil.example/policy',
    });
    expect(status).toBe(201);
    expect(json).toMatchObject({ logo_uri: inside.logo_uri, software_statement: statement });
    expect(json).not.toHaveProperty('policy_uri');
    const line = server.verdicts
      .at(-1)
      ?.verdict.report.checks.find(({ id }) => id === 'document.credential');
    expect(line?.evidence['audience']).toMatch(/^http:\/\/localhost:\d+$/);
  });

  it('with a facet is an invalid_software_statement: it binds no document', async () => {
    const facet = await world.issueFacet();
    const { status, json } = await register({ software_statement: facet });
    expect([status, json['error']]).toEqual([400, 'invalid_software_statement']);
  });

  it('is refused where the keys are in the document, which the server cannot compare', async () => {
    const { jwks_uri: _uri, ...rest } = world.core;
    const core = { ...rest, jwks: { keys: [world.agentKey.jwk] } };
    const jwt = await world.issue({ documentDigest: await clientMetadataDigest(core) });
    await world.publish({ core, jwt });
    spread();
    const { status, json } = await register({ software_statement: jwt });
    expect([status, json['error']]).toEqual([400, 'invalid_software_statement']);
    expect(server.verdicts.at(-1)?.use.differing).toEqual(['jwks']);
  });

  it('of an issuer that nobody trusts is unapproved, and nothing is fetched from it', async () => {
    const stranger = await createPaperWorld('https://id.stranger.example');
    const { status, json } = await register({ software_statement: await stranger.issue() });
    expect([status, json['error']]).toEqual([400, 'unapproved_software_statement']);
    expect(world.fetch.asked.filter((url) => url.includes('stranger'))).toEqual([]);
  });

  it('is answered 503 while nobody knows', async () => {
    world.serve(world.revocationList, 'hang-up');
    server.verifier.invalidate(world.revocationList);
    const { status, json } = await register();
    expect([status, json['error']]).toEqual([503, 'temporarily_unavailable']);
  });
});

describe('a registered client', () => {
  it('authenticates with the agent’s key, and gets what its papers permit', async () => {
    const answer = await askForToken(await registeredId());
    expect(answer).toMatchObject({ status: 200, json: { scope: 'write:tickets' } });
  });

  it('has its pushed requests narrowed', async () => {
    const clientId = await registeredId();
    const form = {
      client_id: clientId,
      response_type: 'code',
      redirect_uri: redirectUri,
      scope: 'read:logs/pii',
      resource,
    };
    const { status, json } = await server.postAs(clientId, '/request', form);
    expect([status, json['error']]).toEqual([400, 'access_denied']);
  });

  it('stops with its agent, everywhere, and works again with it', async () => {
    const clientId = await registeredId();
    await world.publishList({ purpose: 'revocation', set: [world.index] });
    spread();
    const token = await askForToken(clientId);
    expect([token.status, token.json['error']]).toEqual([400, 'invalid_client']);
    const query = { client_id: clientId, response_type: 'code', redirect_uri: redirectUri };
    const shown = await server.get('/auth', query);
    expect([shown.status, shown.json['error'], shown.location]).toEqual([
      400,
      'invalid_client',
      null,
    ]);
    await world.publishList({ purpose: 'revocation' });
    spread();
    expect((await askForToken(clientId)).status).toBe(200);
  });

  it('goes by the passport that is published, not by the statement it registered with', async () => {
    const clientId = await registeredId();
    await world.publish({ jwt: await world.issue({ authorizedScopes: ['read:logs/pii'] }) });
    spread();
    expect(await askForToken(clientId)).toMatchObject({
      status: 200,
      json: { scope: 'read:logs/pii' },
    });
  });

  it('is refused once its document says something else, until it registers again', async () => {
    const clientId = await registeredId();
    const core = { ...world.core, redirect_uris: ['https://id.acme.com/a/billing-bot/moved'] };
    const documentDigest = await clientMetadataDigest(core);
    const jwt = await world.issue({ documentDigest });
    await world.publish({ core, jwt });
    spread();
    const token = await askForToken(clientId);
    expect([token.status, token.json['error']]).toEqual([400, 'invalid_client']);
    expect(server.verdicts.at(-1)?.use.differing).toEqual(['redirect_uris']);
    const again = await register({ software_statement: jwt });
    expect((await askForToken(String(again.json['client_id']))).status).toBe(200);
  });

  it('is refused with a key that was taken back, though the server had read it a moment ago', async () => {
    const clientId = await registeredId();
    expect((await askForToken(clientId)).status).toBe(200);
    const next = await createKey();
    world.publishKeys([next]);
    await world.publish({ jwt: await world.issue({ jwkThumbprints: [next.thumbprint] }) });
    spread();
    const stolen = await askForToken(clientId);
    expect([stolen.status, stolen.json['error']]).toEqual([401, 'invalid_client']);
    key = next;
    expect((await askForToken(clientId)).status).toBe(200);
  });

  it('is answered 503 while nobody knows', async () => {
    const clientId = await registeredId();
    world.serve(world.revocationList, 'hang-up');
    server.verifier.invalidate(world.revocationList);
    const { status, json } = await askForToken(clientId);
    expect([status, json['error']]).toEqual([503, 'temporarily_unavailable']);
  });
});

describe('a server with registration management', () => {
  const management = { registrationManagement: { enabled: true } };
  let managed: PaperServer;

  beforeAll(async () => {
    const configuration = await configurationWith(management);
    managed = await startPaperServer(world, { options: { registerAgents: true }, configuration });
  });

  afterAll(async () => {
    await managed[Symbol.asyncDispose]();
  });

  it('reads and deletes a registration, and does not update what papers bind', async () => {
    const { json } = await managed.postJson('/reg', { software_statement: passport });
    const url = String(json['registration_client_uri']);
    const authorization = `Bearer ${json['registration_access_token']}`;
    const { registration_client_uri: _uri, registration_access_token: _token, ...held } = json;
    const { client_id_issued_at: _at, ...updatable } = held;
    const updated = await fetch(url, {
      method: 'PUT',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ ...updatable, client_name: 'Payroll' }),
    });
    expect([updated.status, await updated.json()]).toEqual([
      400,
      {
        error: 'invalid_client_metadata',
        error_description: 'what papers bind is not updated: register again',
      },
    ]);
    const read = await fetch(url, { headers: { authorization } });
    expect(await read.json()).toMatchObject({ client_name: 'Billing Bot' });
    const deleted = await fetch(url, { method: 'DELETE', headers: { authorization } });
    expect(deleted.status).toBe(204);
  });
});

/** The features of a plain server, with further ones. */
async function configurationWith(features: object): Promise<Configuration> {
  const { adapter: _adapter, ...plain } = await plainConfiguration(new Map());
  return { features: { ...plain.features, ...features } };
}

describe('under a policy in monitor mode', () => {
  it('lets in what the server itself would, and refuses it once the policy is enforced', async () => {
    const policy: TrustPolicy = { ...world.policy, mode: 'monitor' };
    const options = { registerAgents: true };
    const watching = await startPaperServer(world, { policy, options });
    try {
      const body = { software_statement: 'x', ...world.core, client_name: 'Payroll' };
      const { status, json } = await watching.postJson('/reg', body);
      expect([status, json['client_name']]).toEqual([201, 'Payroll']);
      expect(watching.verdicts.at(-1)?.verdict.outcome).toBe('rejected');
      watching.verifier.replacePolicy(world.policy);
      const query = { client_id: String(json['client_id']), response_type: 'code' };
      const { status: later } = await watching.get('/auth', query);
      expect(later).toBe(400);
    } finally {
      await watching[Symbol.asyncDispose]();
    }
  });
});

describe('the configuration', () => {
  it('needs an adapter to keep the clients in', () => {
    const merge = () => withAgentClients({}, createStubVerifier(), { registerAgents: true });
    expect(merge).toThrow(TypeError);
    expect(merge).toThrow('adapter is needed with registerAgents');
  });

  it('refuses a registration that is switched off', () => {
    const configuration = {
      adapter: () => ({}),
      features: { registration: { enabled: false } },
    };
    const merge = () =>
      withAgentClients(configuration, createStubVerifier(), { registerAgents: true });
    expect(merge).toThrow('features.registration.enabled is set by withAgentClients');
  });

  it('leaves registration to the operator unless it is told to', () => {
    const given = { features: { registration: { enabled: true } } };
    expect(withAgentClients(given, createStubVerifier())).toMatchObject(given);
    expect(withAgentClients(given, createStubVerifier())).not.toHaveProperty('adapter');
  });
});
