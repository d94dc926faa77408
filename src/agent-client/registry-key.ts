import { askForJson } from './ask-for-json.ts';
import type { AssertionKey } from './assertion.ts';

/** A registry that holds the agent's key, and the token that lets the agent use it. */
export interface RegistryKeyOptions {
  /** The origin of the registry's API. */
  readonly server: string;
  /** A token with the scope `keys:write`, best bound to this agent; asked for anew at each use. */
  readonly token: string | (() => string | Promise<string>);
  readonly handle: string;
  /** Set for the client of the agent's strict document. */
  readonly profile?: 'strict';
}

/** The registry has not signed. */
export class RegistryRefusal extends Error {
  override readonly name = 'RegistryRefusal';
  /** HTTP status of the answer. */
  readonly status: number;
  /** The stable code of the problem, such as `agent-wrong-state`; null where there is none. */
  readonly code: string | null;

  constructor(status: number, code: string | null) {
    super(`The registry has not signed: ${code ?? `status ${status}`}.`);
    this.status = status;
    this.code = code;
  }
}

/**
 * A key that stays in the registry, which signs each assertion while the agent is active and chooses
 * how long it lives (120 seconds).
 *
 * `sign` throws RegistryRefusal, and TypeError when the registry cannot be reached.
 */
export function registryKey(options: RegistryKeyOptions): AssertionKey {
  const { server, token, handle, profile } = options;
  const url = new URL(`/api/v1/agents/${encodeURIComponent(handle)}/assertions`, server);
  return {
    sign: async ({ clientId, audience }) => {
      const bearer = typeof token === 'string' ? token : await token();
      const { status, json } = await askForJson(url, {
        method: 'POST',
        headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
        body: JSON.stringify({ audience, ...(profile !== undefined && { profile }) }),
      });
      const { assertion, clientId: signedFor, code } = json;
      if (status !== 200) throw new RegistryRefusal(status, typeof code === 'string' ? code : null);
      if (typeof assertion === 'string' && signedFor === clientId) return assertion;
      throw new RegistryRefusal(status, 'client-id-mismatch');
    },
  };
}
