import { describe, expect, it } from 'vitest';
import type { Agent } from '../../src/agents/agent.ts';
import { clientDocumentOf } from '../../src/cimd/client-document.ts';
import {
  checkDocumentBudget,
  draftClientMetadata,
} from '../../src/cimd/publish-client-metadata.ts';
import { anAgent } from '../agents/made-agent.ts';
import { refusalOf } from '../kernel/refusal.ts';
import { anOrganization } from '../keys/made-issuer.ts';

function coreOf(agent: Agent) {
  return clientDocumentOf({ organization: anOrganization(), agent, signingAlgorithm: 'ES256' });
}

function draft(changes: Partial<Agent> = {}, loopback = false) {
  const agent = anAgent(changes);
  return draftClientMetadata({ agent, core: coreOf(agent), passport: 'a.b.c', loopback });
}

describe('the document to publish', () => {
  it('carries the passport in vc+jwt, last', () => {
    const { body, ...rest } = draft();
    const json = JSON.parse(new TextDecoder().decode(body));
    expect(Object.entries(json).at(-1)).toStrictEqual(['vc+jwt', 'a.b.c']);
    expect(rest).toStrictEqual({
      path: '//id.acme.com/a/billing-bot/client.json',
      mediaType: 'application/json',
      cacheControl: 'public, max-age=300',
      expiresAt: null,
      link: null,
      keepsVersions: true,
    });
  });

  it.each([
    [
      'a redirect URI with a wildcard',
      { redirectUris: ['https://acme.com/*'] },
      '/redirect_uris/0',
    ],
    ['a redirect URI with a space', { redirectUris: ['https://acme.com/a b'] }, '/redirect_uris/0'],
    ['a logo over plain http', { logoUri: 'http://acme.com/logo.png' }, '/logo_uri'],
    ['another client_id', { clientId: 'https://id.acme.com/a/other/client.json' }, ''],
  ])('is refused by our own parser with %s', (_name, changes, pointer) => {
    const agent = anAgent(changes);
    const core = pointer === '' ? coreOf(anAgent()) : coreOf(agent);
    const refusal = refusalOf(() =>
      draftClientMetadata({ agent, core, passport: 'a.b.c', loopback: false }),
    );
    expect(refusal[0]).toBe('document-invalid');
    expect(refusal[1]).toMatch(new RegExp(`^${pointer === '' ? '/client_id' : pointer}: `));
  });

  it('may be on loopback in development, and nowhere else', () => {
    const clientId = 'http://localhost:8787/a/billing-bot/client.json';
    const agent = anAgent({ clientId });
    const core = clientDocumentOf({
      organization: anOrganization('http://localhost:8787'),
      agent,
      signingAlgorithm: 'ES256',
    });
    const order = { agent, core, passport: 'a.b.c' };
    expect(refusalOf(() => draftClientMetadata({ ...order, loopback: true }))).toStrictEqual([
      'accepted',
    ]);
    expect(refusalOf(() => draftClientMetadata({ ...order, loopback: false }))[0]).toBe(
      'document-invalid',
    );
  });
});

describe('the budget', () => {
  const core = coreOf(anAgent({ version: null }));
  // The document without a credential, the member's name and its punctuation.
  const besides = JSON.stringify(core).length + ',"vc+jwt":""'.length;

  it('is 5,000 bytes', () => {
    expect(refusalOf(() => checkDocumentBudget(core, 5_000 - besides))).toStrictEqual(['accepted']);
    expect(refusalOf(() => checkDocumentBudget(core, 5_001 - besides))[0]).toBe(
      'document-too-large',
    );
  });

  it('that does not suffice names the largest members', () => {
    const redirectUris = Array.from({ length: 5 }, (_, place) => `https://acme.com/cb/${place}`);
    const larger = coreOf(anAgent({ version: null, redirectUris }));
    expect(refusalOf(() => checkDocumentBudget(larger, 5_000))).toStrictEqual([
      'document-too-large',
      '/vc+jwt: takes 5012 bytes',
      '/redirect_uris: takes 138 bytes',
      '/client_id: takes 60 bytes',
    ]);
  });

  it('counts bytes, not characters', () => {
    const named = (name: string) => coreOf(anAgent({ version: null, name }));
    const room = 5_000 - JSON.stringify(named('')).length - ',"vc+jwt":""'.length;
    expect(refusalOf(() => checkDocumentBudget(named('ab'), room - 2))).toStrictEqual(['accepted']);
    expect(refusalOf(() => checkDocumentBudget(named('äb'), room - 2))[0]).toBe(
      'document-too-large',
    );
  });
});
