import { expect, it } from 'vitest';
import { draftAgentJwks, draftIssuerJwks } from '../../src/keys/publish-jwks.ts';
import { aKey } from './made-issuer.ts';

const thumbprint = 'cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s';
const published = {
  kty: 'EC',
  crv: 'P-256',
  x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
  y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
  use: 'sig',
  alg: 'ES256',
};

function textOf(body: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(body));
}

it('names the keys of an agent by their thumbprints', () => {
  const { body, ...draft } = draftAgentJwks('https://id.acme.com/a/bot/jwks.json', [aKey()]);
  expect(textOf(body)).toStrictEqual({ keys: [{ ...published, kid: thumbprint }] });
  expect(draft).toStrictEqual({
    path: '//id.acme.com/a/bot/jwks.json',
    mediaType: 'application/json',
    cacheControl: 'public, max-age=300',
    expiresAt: null,
    link: null,
    keepsVersions: true,
  });
});

it('names the keys of an issuer by the DID URL that credentials carry', () => {
  const { body, path } = draftIssuerJwks('https://id.acme.com/o/pay/jwks.json', [aKey()]);
  expect(path).toBe('//id.acme.com/o/pay/jwks.json');
  expect(textOf(body)).toStrictEqual({
    keys: [{ ...published, kid: `did:web:id.acme.com#${thumbprint}` }],
  });
});
