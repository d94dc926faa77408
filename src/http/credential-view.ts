import type { Agent } from '../agents/agent.ts';
import { type Credential, credentialStateAt } from '../credentials/credential.ts';
import { renewsAt } from '../credentials/renewal.ts';
import type { ChangedCredential } from '../journeys/registry.ts';

/** A credential with what only the registry knows about it. */
export interface ShownCredential {
  readonly credential: Credential;
  readonly agent: Agent;
  /** Where it is served; null when it is not public. */
  readonly url: string | null;
}

/** A credential as a listing shows it, in the state of `at`. */
export function viewCredential(shown: Omit<ShownCredential, 'url'>, at: Date) {
  const { credential, agent } = shown;
  const { id, type, visibility, reason, renewalOf, renewedBy } = credential;
  return {
    ...{ id, type, agent: agent.handle, state: credentialStateAt(credential, at) },
    ...{ visibility, reason },
    validFrom: credential.validFrom.toISOString(),
    validUntil: credential.validUntil.toISOString(),
    renewsAt: renewsAt(credential, agent, at)?.toISOString() ?? null,
    ...{ renewalOf, renewedBy },
    createdAt: credential.createdAt.toISOString(),
    revokedAt: credential.revokedAt?.toISOString() ?? null,
    status: { list: credential.status.listNumber, index: credential.status.index },
  };
}

/** A credential on its own: with its claims, the compact JWS, and its address if it is public. */
export function viewWholeCredential(shown: ShownCredential, at: Date) {
  const { claims, jwt } = shown.credential;
  const url = shown.url === null ? {} : { url: shown.url };
  return { ...viewCredential(shown, at), claims, jwt, ...url };
}

/** What a change of state came to, once the public lists show it. */
export function viewChange({ credential, publishedAt }: ChangedCredential, at: Date) {
  return {
    id: credential.id,
    state: credentialStateAt(credential, at),
    publishedAt: publishedAt.toISOString(),
  };
}
