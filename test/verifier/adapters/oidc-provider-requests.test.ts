import { decodeJwt } from 'jose';
import type { AdapterPayload } from 'oidc-provider';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { plainConfiguration, resource } from '../../support/agent-server.ts';
import { issueActions } from '../support/facet-world.ts';
import { type PaperServer, startPaperServer } from '../support/paper-server.ts';
import { createPaperWorld, type PaperWorld } from '../support/paper-world.ts';
import { requiring } from '../support/tampering.ts';

const permitted = { type: 'tickets', actions: ['open', 'close'], locations: [resource] };
const wider = [{ type: 'tickets', actions: ['close', 'delete'] }];
const reduced = [{ type: 'tickets', actions: ['close'], locations: [resource] }];

let world: PaperWorld;
let facet: string;
let server: PaperServer;

beforeAll(async () => {
  world = await createPaperWorld();
  const action = { action: 'write', resource: 'tickets', authorizationDetails: [permitted] };
  facet = await issueActions(world, { actions: [action] });
  server = await startPaperServer(world);
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

beforeEach(async () => {
  await world.publishFacets([{ jwt: facet }]);
});

afterEach(async () => {
  await world.publishList({ purpose: 'revocation' });
  spread();
});

function spread(): void {
  const urls = [world.revocationList, world.suspensionList, world.clientId, world.facetListing];
  for (const url of urls) server.verifier.invalidate(url);
}

function asked(more: Record<string, string> = {}): Record<string, string> {
  const redirectUri = `${world.origin}/a/billing-bot/callback`;
  const fixed = { response_type: 'code', redirect_uri: redirectUri, resource };
  return { client_id: world.clientId, ...fixed, ...more };
}

function push(more: Record<string, string>) {
  return server.postAs(world.clientId, '/request', asked(more));
}

/** The parameters that the server keeps of a pushed request. */
function pushedIn(requestUri: unknown) {
  const id = String(requestUri).replace('urn:ietf:params:oauth:request_uri:', '');
  return decodeJwt(String(server.stored.get(`PushedAuthorizationRequest ${id}`)?.['request']));
}

/** The parameters of the request that a person is about to be asked about. */
function shownAt(location: string | null) {
  const uid = new URL(location ?? '', 'https://as.example').pathname.split('/').at(-1);
  return server.stored.get(`Interaction ${uid}`)?.['params'];
}

describe('an authorization request for single claims about a person', () => {
  it('is narrowed to its scopes, so that no claim comes without the scope for it', async () => {
    const stored = new Map<string, AdapterPayload>();
    const plain = await plainConfiguration(stored);
    const configuration = {
      ...plain,
      claims: { openid: ['sub'], email: ['email'] },
      scopes: ['openid', 'email'],
      features: { ...plain.features, claimsParameter: { enabled: true } },
    };
    await using own = await startPaperServer(world, { configuration });
    const claims = JSON.stringify({ id_token: { email: { essential: true } } });
    const form = asked({ scope: 'openid email write:tickets', claims });
    const { status, json } = await own.postAs(world.clientId, '/request', form);
    expect(status).toBe(201);
    const id = String(json['request_uri']).replace('urn:ietf:params:oauth:request_uri:', '');
    const kept = decodeJwt(String(stored.get(`PushedAuthorizationRequest ${id}`)?.['request']));
    expect([kept['scope'], kept['claims']]).toEqual(['openid write:tickets', undefined]);
  });
});

describe('a pushed authorization request', () => {
  it('is narrowed to the scopes and details that the papers permit, and kept so', async () => {
    const scope = 'openid write:tickets read:logs/pii';
    const answer = await push({ scope, authorization_details: JSON.stringify(wider) });
    expect(answer.status).toBe(201);
    expect(pushedIn(answer.json['request_uri'])).toMatchObject({
      client_id: world.clientId,
      scope: 'openid write:tickets',
      authorization_details: reduced,
    });
    expect(server.verdicts.at(-1)).toMatchObject({
      verdict: {
        granted: ['write:tickets', ...reduced],
        withheld: ['openid', 'read:logs/pii', { type: 'tickets', actions: ['delete'] }],
      },
      use: { clientId: world.clientId, allowed: true },
    });
  });

  it('leads to a consent about that, and about no more', async () => {
    const scope = 'write:tickets read:logs/pii';
    const { json } = await push({ scope, authorization_details: JSON.stringify(wider) });
    const request = { client_id: world.clientId, request_uri: String(json['request_uri']) };
    const answer = await server.get('/auth', request);
    expect(answer.status).toBe(303);
    expect(shownAt(answer.location)).toMatchObject({
      scope: 'write:tickets',
      authorization_details: JSON.stringify(reduced),
    });
  });

  it('is refused where the papers permit nothing of it', async () => {
    const { status, json } = await push({ scope: 'read:logs/pii' });
    expect([status, json['error']]).toEqual([400, 'access_denied']);
  });

  it('is refused where all that is asked for are details, and none is permitted', async () => {
    const details = JSON.stringify([{ type: 'tickets', actions: ['delete'] }]);
    const { status, json } = await push({ authorization_details: details });
    expect([status, json['error']]).toEqual([400, 'access_denied']);
  });

  it('asks for nothing, and is left alone', async () => {
    const { status, json } = await push({});
    expect(status).toBe(201);
    expect(pushedIn(json['request_uri'])['scope']).toBeUndefined();
  });

  it('is refused once the agent is revoked, and so is one that was pushed before', async () => {
    const before = await push({ scope: 'write:tickets' });
    await world.publishList({ purpose: 'revocation', set: [world.index] });
    spread();
    const after = await push({ scope: 'write:tickets' });
    expect([after.status, after.json['error']]).toEqual([400, 'invalid_client']);
    const request = { client_id: world.clientId, request_uri: String(before.json['request_uri']) };
    const shown = await server.get('/auth', request);
    expect([shown.status, shown.json['error'], shown.location]).toEqual([
      400,
      'invalid_client',
      null,
    ]);
  });

  it('is answered 503 while nobody knows', async () => {
    world.serve(world.revocationList, 'hang-up');
    server.verifier.invalidate(world.revocationList);
    const { status, json } = await push({ scope: 'write:tickets' });
    expect([status, json['error']]).toEqual([503, 'temporarily_unavailable']);
  });

  it('carries no metadata of an unknown client: the parameter is not read, the name nobody’s', async () => {
    const dynamic = 'urn:ietf:oauth:parameters:dynamic';
    const form = { ...asked({ scope: 'write:tickets' }), client_id: dynamic };
    const document = world.fetch.answers.get(world.clientId);
    const registration = typeof document === 'object' ? String(document.body) : '';
    const answer = await server.postAs(dynamic, '/request', {
      ...form,
      client_registration: registration,
    });
    expect([answer.status, answer.json['error']]).toEqual([401, 'invalid_client']);
  });
});

describe('a request at the authorization endpoint', () => {
  it('is narrowed in the same way', async () => {
    const scope = 'write:tickets read:logs/pii';
    const details = { authorization_details: JSON.stringify(wider) };
    const { status, location } = await server.get('/auth', asked({ scope, ...details }));
    expect(status).toBe(303);
    expect(shownAt(location)).toMatchObject({
      scope: 'write:tickets',
      authorization_details: JSON.stringify(reduced),
    });
  });

  it('is sent back with access_denied where the papers permit nothing of it', async () => {
    const { status, location } = await server.get('/auth', asked({ scope: 'read:logs/pii' }));
    expect(status).toBe(303);
    expect(location).toContain(`${world.origin}/a/billing-bot/callback?error=access_denied`);
  });

  it('with details that are no JSON is the server’s own error', async () => {
    const { location } = await server.get('/auth', asked({ authorization_details: '[{' }));
    expect(location).toContain('error=invalid_authorization_details');
  });
});

describe('facets that are handed over', () => {
  beforeEach(async () => {
    await world.publishFacets([]);
    spread();
  });

  it('count for the request that hands them over', async () => {
    const details = { authorization_details: JSON.stringify(wider) };
    const without = await push({ scope: 'write:tickets', ...details });
    expect(pushedIn(without.json['request_uri'])['authorization_details']).toBeUndefined();
    const handed = { ...details, agent_credentials: `${facet} ${facet}` };
    const { json } = await push({ scope: 'write:tickets', ...handed });
    expect(pushedIn(json['request_uri'])).toMatchObject({ authorization_details: reduced });
  });

  it('meet a demand of the policy from the first lookup on', async () => {
    const demand = { credentialTypes: ['AgentAllowedActionsCredential'] };
    const policy = requiring(demand)(world.policy);
    const strict = await startPaperServer(world, { policy });
    try {
      const form = asked({ scope: 'write:tickets' });
      const without = await strict.postAs(world.clientId, '/request', form);
      expect([without.status, without.json['error']]).toEqual([400, 'invalid_client']);
      const handed = { ...form, agent_credentials: facet };
      expect((await strict.postAs(world.clientId, '/request', handed)).status).toBe(201);
    } finally {
      await strict[Symbol.asyncDispose]();
    }
  });

  it('count for a token, in a parameter that the grant itself does not know', async () => {
    const form = {
      grant_type: 'client_credentials',
      scope: 'write:tickets',
      resource,
      authorization_details: JSON.stringify(wider),
    };
    const without = await server.postAs(world.clientId, '/token', form);
    expect(without).toMatchObject({ status: 200, json: { scope: 'write:tickets' } });
    expect(without.json['authorization_details']).toBeUndefined();
    const handed = { ...form, agent_credentials: facet };
    const answer = await server.postAs(world.clientId, '/token', handed);
    expect(answer).toMatchObject({ status: 200, json: { authorization_details: reduced } });
  });
});

describe('a token', () => {
  const form = {
    grant_type: 'client_credentials',
    scope: 'write:tickets',
    resource,
    authorization_details: JSON.stringify(wider),
  };

  it('has authorization details no wider than the papers', async () => {
    const { status, json } = await server.postAs(world.clientId, '/token', form);
    expect([status, json['authorization_details']]).toEqual([200, reduced]);
    expect(decodeJwt(String(json['access_token']))['authorization_details']).toEqual(reduced);
  });

  it('has fewer of them once the papers permit fewer, whatever a person agreed to', async () => {
    const code = await authorize();
    await world.publishFacets([]);
    spread();
    const redirectUri = `${world.origin}/a/billing-bot/callback`;
    const redeeming = { grant_type: 'authorization_code', code, redirect_uri: redirectUri };
    const { status, json } = await server.postAs(world.clientId, '/token', {
      ...redeeming,
      resource,
    });
    expect([status, json['scope']]).toEqual([200, 'write:tickets']);
    expect(decodeJwt(String(json['access_token']))['authorization_details']).toBeUndefined();
  });
});

describe('a token that the operator’s own code makes', () => {
  async function save(rar: readonly { readonly type: string }[]): Promise<string> {
    const { AccessToken, Client } = server.provider;
    const client = await Client.find(world.clientId);
    if (client === undefined) throw new Error('the agent is no client');
    const fixed = { accountId: 'someone', grantId: 'none', gty: 'own', scope: 'write:tickets' };
    return new AccessToken({ ...fixed, client, rar: [...rar] }).save();
  }

  it('is none with authorization details beyond the papers', async () => {
    await expect(save(wider)).rejects.toMatchObject({
      error: 'invalid_authorization_details',
      statusCode: 400,
    });
  });

  it('is none with authorization details that leave open what the papers do not', async () => {
    await expect(save([{ type: 'tickets' }])).rejects.toMatchObject({
      error: 'invalid_authorization_details',
    });
  });

  it('is one with what the papers permit', async () => {
    expect(await save(reduced)).toEqual(expect.any(String));
  });
});

/** What a person agreed to while the papers permitted the details. */
async function authorize(): Promise<string> {
  const { provider } = server;
  const client = await provider.Client.find(world.clientId);
  if (client === undefined) throw new Error('the agent is no client');
  const grant = new provider.Grant({ accountId: 'someone', clientId: world.clientId });
  grant.addResourceScope(resource, 'write:tickets');
  const code = new provider.AuthorizationCode({
    accountId: 'someone',
    client,
    grantId: await grant.save(),
    gty: 'authorization_code',
    redirectUri: `${world.origin}/a/billing-bot/callback`,
    scope: 'write:tickets',
    resource,
    rar: reduced,
  });
  return code.save();
}
