import { createKey } from './paper-world.ts';
import { rejected, type Tampering, unknown } from './tampering.ts';

const byDocument: readonly Tampering[] = [
  rejected('document.fetch', 'a document that is gone', 'fetch-failed', {
    tamper: (world) => world.serve(world.clientId, { status: 410, body: '' }),
  }),
  rejected('document.fetch', 'a redirect', 'fetch-failed', {
    tamper: (world) => world.serve(world.clientId, { status: 302, body: '' }),
  }),
  unknown('document.fetch', 'a host in trouble', 'fetch-failed', {
    tamper: (world) => world.serve(world.clientId, { status: 503, body: '' }),
  }),
  unknown('document.fetch', 'a host that hangs up', 'fetch-failed', {
    tamper: (world) => world.serve(world.clientId, 'hang-up'),
  }),
  rejected('document.fetch', 'a document of 6 kB', 'document-too-large', {
    tamper: (world) => world.publish({ core: { ...world.core, padding: 'x'.repeat(6_000) } }),
  }),
  rejected('document.metadata', 'a page instead of JSON', 'document-invalid', {
    tamper: (world) =>
      world.serve(world.clientId, { headers: { 'content-type': 'text/html' }, body: '{}' }),
  }),
  rejected('document.metadata', 'a member named twice', 'document-invalid', {
    tamper: (world) =>
      world.serve(world.clientId, {
        headers: { 'content-type': 'application/json' },
        body: `{"client_id":"${world.clientId}","jwks_uri":"https://x.com/a","jwks_uri":"https://x.com/b"}`,
      }),
  }),
  rejected('document.metadata', 'a client secret', 'document-invalid', {
    tamper: (world) => world.publish({ core: { ...world.core, client_secret: 'hush' } }),
  }),
  rejected('document.metadata', 'keys on another origin', 'document-invalid', {
    tamper: (world) =>
      world.publish({ core: { ...world.core, jwks_uri: 'https://evil.com/jwks.json' } }),
  }),
  rejected('document.client-id', "another client's document", 'client-id-mismatch', {
    tamper: (world) =>
      world.publish({ core: { ...world.core, client_id: `${world.origin}/a/other/client.json` } }),
  }),
  rejected('document.credential', 'no passport', 'credential-missing', {
    tamper: (world) => world.publish({ jwt: undefined }),
  }),
  rejected('document.credential', 'a passport that is no text', 'credential-malformed', {
    tamper: (world) => world.publish({ core: { ...world.core, 'vc+jwt': {} }, jwt: undefined }),
  }),
  rejected('document.digest', 'redirect_uris swapped on the way', 'document-digest-mismatch', {
    tamper: (world) =>
      world.publish({ core: { ...world.core, redirect_uris: ['https://evil.com/callback'] } }),
  }),
  rejected('document.keys', 'a key slipped into the set', 'key-binding-mismatch', {
    tamper: async (world) => world.publishKeys([world.agentKey, await createKey()]),
  }),
  rejected('document.keys', 'a key swapped', 'key-binding-mismatch', {
    tamper: async (world) => world.publishKeys([await createKey()]),
  }),
  rejected('document.keys', 'a private key in the set', 'document-invalid', {
    tamper: (world) =>
      world.serveJson(world.jwksUri, { keys: [{ ...world.agentKey.jwk, d: 'AAAA' }] }),
  }),
  unknown('document.keys', 'keys out of reach', 'fetch-failed', {
    tamper: (world) => world.serve(world.jwksUri, 'hang-up'),
  }),
];

const byIssuer: readonly Tampering[] = [
  rejected('issuer.did', 'E-12 no DID document', 'issuer-unresolvable', {
    tamper: (world) => world.serve(world.didUrl, { status: 404, body: '' }),
  }),
  unknown('issuer.did', 'a DID host in trouble', 'issuer-unresolvable', {
    tamper: (world) => world.serve(world.didUrl, { status: 500, body: '' }),
  }),
  rejected('issuer.did', 'E-01 the document of another DID', 'issuer-unresolvable', {
    tamper: (world) => world.serveJson(world.didUrl, { id: 'did:web:evil.com' }),
  }),
  rejected('issuer.key', 'a key that the issuer does not list', 'key-not-found', {
    tamper: async (world) => world.publishIssuer([await createKey()]),
  }),
  rejected('issuer.key', 'credentials:CID-03 a key that the issuer took back', 'key-not-found', {
    tamper: (world) => {
      const kid = world.kidOf(world.issuerKey);
      world.serveJson(world.didUrl, {
        id: world.issuer,
        verificationMethod: [
          {
            id: kid,
            type: 'JsonWebKey',
            controller: world.issuer,
            publicKeyJwk: world.issuerKey.jwk,
            revoked: '2026-11-01T00:00:00Z',
          },
        ],
        assertionMethod: [kid],
      });
    },
  }),
  rejected('issuer.key', 'E-03 a key for authentication only', 'key-not-found', {
    tamper: (world) => {
      const kid = world.kidOf(world.issuerKey);
      const { jwk } = world.issuerKey;
      world.serveJson(world.didUrl, {
        id: world.issuer,
        verificationMethod: [
          { id: kid, type: 'JsonWebKey', controller: world.issuer, publicKeyJwk: jwk },
        ],
        authentication: [kid],
      });
    },
  }),
];

/** What goes wrong with documents: the client's own, and its issuer's. */
export const documentTamperings: readonly Tampering[] = [...byDocument, ...byIssuer];
