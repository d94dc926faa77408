import { describe, expect, it } from 'vitest';
import { draftDidDocument } from '../../src/dids/publish-did-document.ts';
import type { Did } from '../../src/protocol/did-web.ts';
import { aKey } from '../keys/made-issuer.ts';

const thumbprint = 'cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s';

function documentOf(order: Parameters<typeof draftDidDocument>[0]) {
  const draft = draftDidDocument(order);
  return { draft, json: JSON.parse(new TextDecoder().decode(draft.body)) };
}

describe('where it is', () => {
  it.each([
    ['did:web:id.acme.com', '//id.acme.com/.well-known/did.json'],
    ['did:web:id.acme.com:o:pay', '//id.acme.com/o/pay/did.json'],
    ['did:web:id.acme.com:o:pay:a:billing-bot', '//id.acme.com/o/pay/a/billing-bot/did.json'],
    ['did:web:localhost%3A8787:a:billing-bot', '//localhost:8787/a/billing-bot/did.json'],
  ])('%s is at %s', (did, path) => {
    const { draft, json } = documentOf({ did: did as Did, alsoKnownAs: [], keys: [] });
    expect([draft.path, json.id]).toStrictEqual([path, did]);
    expect(draft.cacheControl).toBe('public, max-age=300');
  });

  it('is nowhere for what is no did:web', () => {
    const order = { did: 'did:key:z6Mk' as Did, alsoKnownAs: [], keys: [] };
    expect(() => draftDidDocument(order)).toThrow('did:key:z6Mk is not a did:web.');
  });
});

describe('what its keys are for', () => {
  const did = 'did:web:id.acme.com:a:billing-bot' as Did;
  const kid = `${did}#${thumbprint}`;

  it.each([
    ['credential', 'assertionMethod', 'authentication'],
    ['client-authentication', 'authentication', 'assertionMethod'],
  ] as const)('%s: %s and not %s', (purpose, has, hasNot) => {
    const { json } = documentOf({ did, alsoKnownAs: [], keys: [aKey({ did, purpose })] });
    expect(json.verificationMethod.map((method: { id: string }) => method.id)).toStrictEqual([kid]);
    expect(json[has]).toStrictEqual([kid]);
    expect(Object.keys(json)).not.toContain(hasNot);
  });

  it('names the client_id, also when there is no key any more', () => {
    const clientId = 'https://id.acme.com/a/billing-bot/client.json';
    const { json } = documentOf({ did, alsoKnownAs: [clientId], keys: [] });
    expect(json.alsoKnownAs).toStrictEqual([clientId]);
    expect(Object.keys(json)).toStrictEqual(['@context', 'id', 'alsoKnownAs']);
  });
});
