// The program of a process with node-oidc-provider in it: carries out one order at a time.
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { importJWK, SignJWT } from 'jose';
import { Provider } from 'oidc-provider';
import { withAgentClients } from '../../dist/verifier/adapters/oidc-provider.js';
import { createVerifier } from '../../dist/verifier/index.js';
import { guardedFetch } from '../../dist/verifier/node/index.js';
import { cpuOver } from './measure.mjs';
import { answerOrders } from './orders.mjs';
import { replayOf } from './recording.mjs';

const [, , file, contender] = process.argv;
const { clientId, policy, privateJwk, documents } = JSON.parse(readFileSync(file, 'utf8'));
const read = new Map(
  documents.map(({ url, headers, body }) => [
    url,
    { headers: new Map(headers), body: new Uint8Array(Buffer.from(body, 'base64')) },
  ]),
);
const resource = 'https://mcp.example';
const code_challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

let lookups;
const configuration = {
  jwks: { keys: [signingJwk()] },
  cookies: { keys: ['a key of the bench'] },
  clientAuthMethods: ['private_key_jwt'],
  clientDefaults: { id_token_signed_response_alg: 'ES256' },
  // A check of this parameter runs within a request: there the server looks clients up.
  extraParams: { bench: (context) => lookups?.(context) },
  renderError: (context, out) => {
    context.body = out;
  },
  ttl: { ClientCredentials: 60, Interaction: 60, Session: 60, Grant: 60 },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: () => ({
        scope: 'read:logs/production',
        audience: resource,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
};

const configurations = {
  plain: () => ({
    ...configuration,
    fetch: async (url) => {
      const { headers, body } = read.get(String(url));
      return new Response(body, { headers: [...headers] });
    },
    features: {
      ...configuration.features,
      clientIdMetadataDocument: { enabled: true, ack: 'draft-02' },
    },
  }),
  agents: () => {
    const { inflate, sha256 } = guardedFetch();
    const outcomes = new Map(
      [...read].map(([url, response]) => [
        url,
        { ok: true, response: { status: 200, ...response } },
      ]),
    );
    const fetch = replayOf({ outcomes, lent: { inflate, sha256 } });
    return withAgentClients(configuration, createVerifier({ fetch, policy }));
  },
};

const server = createServer((request, response) => void provider.callback()(request, response));
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const issuer = `http://localhost:${server.address().port}`;
const provider = new Provider(issuer, configurations[contender]());
const key = await importJWK(privateJwk, 'ES256');

answerOrders({
  lookups: async ({ times }) => {
    let cpu;
    lookups = async ({ oidc }) => {
      cpu = await cpuOver(() => oidc.provider.Client.find(clientId), times);
    };
    const response_type = 'code';
    const query = new URLSearchParams({ client_id: clientId, response_type, code_challenge });
    query.set('code_challenge_method', 'S256');
    const answer = await fetch(`${issuer}/auth?${query}`, { redirect: 'manual' });
    if (cpu === undefined) throw new Error(`no lookup: ${answer.status} ${await answer.text()}`);
    return cpu;
  },
  tokens: async ({ times }) => {
    const assertions = await Promise.all(Array.from({ length: times }, sign));
    return cpuOver(() => requestToken(assertions.pop()), times);
  },
});

async function requestToken(client_assertion) {
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      scope: 'read:logs/production',
      resource,
      client_assertion,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    }),
  });
  const answer = await response.json();
  if (answer.access_token === undefined) throw new Error(JSON.stringify(answer));
}

function sign() {
  return new SignJWT({ jti: randomUUID() })
    .setProtectedHeader({ alg: 'ES256' })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(issuer)
    .setExpirationTime('5m')
    .sign(key);
}

function signingJwk() {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' };
}
