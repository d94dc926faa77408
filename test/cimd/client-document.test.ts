import { describe, expect, it } from 'vitest';
import { agentUrls, clientDocumentOf } from '../../src/cimd/client-document.ts';
import { anAgent } from '../agents/made-agent.ts';
import { anOrganization } from '../keys/made-issuer.ts';

it('has its documents at the addresses of the contract', () => {
  expect(agentUrls({ baseUrl: 'https://id.acme.com/o/pay' }, 'billing-bot')).toStrictEqual({
    clientId: 'https://id.acme.com/o/pay/a/billing-bot/client.json',
    did: 'https://id.acme.com/o/pay/a/billing-bot/did.json',
    jwks: 'https://id.acme.com/o/pay/a/billing-bot/jwks.json',
    page: 'https://id.acme.com/o/pay/a/billing-bot',
    callback: 'https://id.acme.com/o/pay/a/billing-bot/callback',
    credentials: 'https://id.acme.com/o/pay/a/billing-bot/credentials',
    strictClientId: 'https://id.acme.com/o/pay/a/billing-bot/strict/client.json',
    strictPassport: 'https://id.acme.com/o/pay/a/billing-bot/strict/passport.jwt',
  });
});

const minimal = {
  client_id: 'https://id.acme.com/a/billing-bot/client.json',
  client_name: 'Billing Bot',
  client_uri: 'https://id.acme.com/a/billing-bot',
  application_type: 'web',
  redirect_uris: ['https://id.acme.com/a/billing-bot/callback'],
  grant_types: ['authorization_code', 'client_credentials'],
  response_types: ['code'],
  token_endpoint_auth_method: 'private_key_jwt',
  token_endpoint_auth_signing_alg: 'ES256',
  jwks_uri: 'https://id.acme.com/a/billing-bot/jwks.json',
  contacts: ['platform@acme.com'],
};

describe('the document of an agent', () => {
  const documentOf = (changes: Parameters<typeof anAgent>[0]) =>
    clientDocumentOf({
      organization: anOrganization(),
      agent: anAgent(changes),
      signingAlgorithm: 'ES256',
    });

  it('has the members of the contract and no others', () => {
    expect(documentOf({ version: null })).toStrictEqual(minimal);
  });

  it('has a logo and a version where the agent has them', () => {
    const logoUri = 'https://acme.com/logo.png';
    expect(documentOf({ version: '3.2.1', logoUri })).toStrictEqual({
      ...minimal,
      logo_uri: logoUri,
      software_version: '3.2.1',
    });
  });

  it('names the mailbox of the organization and never an owner', () => {
    expect(JSON.stringify(documentOf({ owners: ['lead@acme.com'] }))).not.toContain('lead@');
  });
});
