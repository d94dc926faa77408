import type { Hook } from './hook.ts';
import { auth0 } from './hooks/auth0.ts';
import { authzen } from './hooks/authzen.ts';
import { entra } from './hooks/entra.ts';
import { envoy } from './hooks/envoy.ts';
import { keycloak } from './hooks/keycloak.ts';
import { okta } from './hooks/okta.ts';
import { verify } from './hooks/verify.ts';

/** Every way to ask. To add a product, add a file beside these and a row here. */
export const hooks: readonly Hook[] = [verify, okta, auth0, entra, envoy, authzen, keycloak];
