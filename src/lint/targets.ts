import type { Target } from './target.ts';
import { atproto } from './targets/atproto.ts';
import { auth0 } from './targets/auth0.ts';
import { betterAuth } from './targets/better-auth.ts';
import { cloudflare } from './targets/cloudflare.ts';
import { entra } from './targets/entra.ts';
import { fastmcp } from './targets/fastmcp.ts';
import { gravitee } from './targets/gravitee.ts';
import { janssen } from './targets/janssen.ts';
import { keycloak } from './targets/keycloak.ts';
import { mcp } from './targets/mcp-2026-07-28.ts';
import { oidcProvider } from './targets/oidc-provider.ts';
import { oracle } from './targets/oracle.ts';

/** Every server and profile that is known, those that were run first. */
export const targets: readonly Target[] = [
  oidcProvider,
  betterAuth,
  mcp,
  auth0,
  keycloak,
  cloudflare,
  atproto,
  fastmcp,
  entra,
  oracle,
  janssen,
  gravitee,
];
