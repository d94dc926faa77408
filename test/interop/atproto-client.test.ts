import {
  isAtprotoOAuthScope,
  isConventionalOAuthClientId,
  isOAuthClientIdDiscoverable,
  oauthClientMetadataSchema,
} from '@atproto/oauth-types';
import { beforeAll, describe, expect, it } from 'vitest';
import { lintDocument } from '../../src/lint/lint-document.ts';
import { atproto } from '../../src/lint/targets/atproto.ts';
import { encodeUtf8 } from '../../src/protocol/utf8.ts';
import { openRegistryWorld } from '../journeys/registry-world.ts';
import { goodResponse } from '../lint/broken-documents.ts';

const url = 'https://id.acme.com/a/billing-bot/client.json';

let document: Readonly<Record<string, unknown>>;

beforeAll(async () => {
  const world = await openRegistryWorld({ baseUrl: 'https://id.acme.com' });
  await world.enrol('billing-bot');
  document = await world.json('/a/billing-bot/client.json');
});

describe('the client metadata of an agent, as the AT Protocol reads it', () => {
  it('has a client_id that can be discovered, at a path of its own', () => {
    expect(isOAuthClientIdDiscoverable(url)).toBe(true);
    expect(isConventionalOAuthClientId(url)).toBe(false);
  });

  it('passes the schema for client metadata, which drops the passport', () => {
    expect(document).toHaveProperty('vc+jwt');
    const read = oauthClientMetadataSchema.parse(document);
    expect(read).not.toHaveProperty('vc+jwt');
    expect(read).toMatchObject({
      client_id: url,
      redirect_uris: ['https://id.acme.com/a/billing-bot/callback'],
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
      jwks_uri: 'https://id.acme.com/a/billing-bot/jwks.json',
    });
  });

  it.each([
    ['no redirect', { redirect_uris: [] }],
    ['a grant that nobody knows', { grant_types: ['urn:x:grant'] }],
    ['a contact that is no address', { contacts: ['Ops'] }],
  ])('would not with %s', (_defect, change) => {
    expect(oauthClientMetadataSchema.safeParse({ ...document, ...change }).success).toBe(false);
  });

  it('has nothing to do at a server of that protocol: it asks for no scope of it', () => {
    expect(isAtprotoOAuthScope(String(document['scope'] ?? ''))).toBe(false);
    const body = encodeUtf8(JSON.stringify(document));
    const { targets } = lintDocument({ url, body, response: goodResponse }, { targets: [atproto] });
    expect(targets).toMatchObject([
      {
        outcome: 'refuses',
        reasons: [
          'atproto.metadata.scope',
          'atproto.metadata.dpop',
          'atproto.metadata.grant-types',
        ],
      },
    ]);
  });
});
