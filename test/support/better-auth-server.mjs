// better-auth as its users write it, in their language: its types do not compile under ours.
import { randomBytes } from 'node:crypto';
import { oauthProvider } from '@better-auth/oauth-provider';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { toNodeHandler } from 'better-auth/node';
import { jwt } from 'better-auth/plugins';

export { createCimdClientDiscovery } from '@better-auth/cimd';

/** The tables of better-auth and its plugins, empty. */
function emptyTables() {
  const names = ['user', 'session', 'account', 'verification', 'jwks', 'rateLimit'];
  const oauth = ['Client', 'RefreshToken', 'AccessToken', 'Consent', 'Resource', 'ClientResource'];
  const tables = [...names, ...oauth.map((name) => `oauth${name}`), 'oauthClientAssertion'];
  return Object.fromEntries(tables.map((name) => [name, []]));
}

export function createBetterAuth({ baseURL, clientDiscovery, scopes }) {
  const tables = emptyTables();
  const auth = betterAuth({
    baseURL,
    secret: randomBytes(32).toString('base64url'),
    database: memoryAdapter(tables),
    emailAndPassword: { enabled: true },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { level: 'error' },
    plugins: [
      jwt(),
      oauthProvider({
        loginPage: '/sign-in',
        consentPage: '/consent',
        ...(scopes && { scopes }),
        extensions: [{ clientDiscovery }],
        silenceWarnings: { oauthAuthServerConfig: true, openidConfig: true },
      }),
    ],
  });
  return { handler: toNodeHandler(auth), tables };
}
