import type { JsonObject } from '../../../src/protocol/strict-json.ts';
import {
  createEventReceiver,
  type EventReceiver,
  type EventReceiverOptions,
} from '../../../src/verifier/events/event-receiver.ts';
import { createVerifier } from '../../../src/verifier/index.ts';
import type { Fetch, Verifier } from '../../../src/verifier/ports.ts';
import {
  createKey,
  createPaperWorld,
  type PaperWorld,
  signCompact,
  type TestKey,
} from './paper-world.ts';

export const audience = 'https://as.example/events';
export const credentialChange =
  'https://schemas.openid.net/secevent/caep/event-type/credential-change';

/** What a token differs in from one that is in order; undefined takes a member away. */
export interface SetOrder {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly key?: TestKey;
}

/** A paper world whose organization also transmits events, and a verifier that hears them. */
export interface EventWorld {
  readonly papers: PaperWorld;
  readonly transmitterKey: TestKey;
  readonly jwksUri: string;
  readonly verifier: Verifier;
  readonly receiver: EventReceiver;
  /** Publishes the keys by which events are signed. */
  publishEventKeys(keys: readonly TestKey[]): void;
  /** Signs a token about the passport of the world, in order but for what is asked. */
  set(order?: SetOrder): Promise<string>;
  /** How often this URL was asked for. */
  asked(url: string): number;
}

let tokens = 0;

export async function createEventWorld(
  parts: {
    readonly options?: Partial<EventReceiverOptions>;
    readonly through?: (fetch: Fetch) => Fetch;
    readonly origin?: string;
  } = {},
): Promise<EventWorld> {
  const papers = await createPaperWorld(parts.origin);
  const transmitterKey = await createKey();
  const jwksUri = `${papers.origin}/ssf/jwks.json`;
  const fetch = parts.through?.(papers.fetch) ?? papers.fetch;
  const verifier = createVerifier({ ...papers.options(), fetch });
  const world: EventWorld = {
    papers,
    transmitterKey,
    jwksUri,
    verifier,
    receiver: createEventReceiver(verifier, {
      fetch,
      clock: papers.clock,
      transmitters: [{ issuer: papers.origin, audience }],
      ...parts.options,
    }),
    publishEventKeys: (keys) =>
      papers.serveJson(jwksUri, {
        keys: keys.map(({ jwk, thumbprint }) => ({ ...jwk, kid: thumbprint, use: 'sig' })),
      }),
    set: ({ claims = {}, header = {}, key = transmitterKey } = {}) =>
      signCompact(JSON.stringify({ ...claimsOf(papers), ...claims }), key, {
        typ: 'secevent+jwt',
        kid: key.thumbprint,
        ...header,
      }),
    asked: (url) => papers.fetch.asked.filter((one) => one === url).length,
  };
  world.publishEventKeys([transmitterKey]);
  papers.serveJson(`${papers.origin}/.well-known/ssf-configuration`, {
    issuer: papers.origin,
    jwks_uri: jwksUri,
  });
  return world;
}

function claimsOf({ origin, clientId, clock, revocationList }: PaperWorld): JsonObject {
  tokens += 1;
  return {
    iss: origin,
    aud: audience,
    iat: Math.floor(clock() / 1_000),
    jti: `evt_${tokens}`,
    txn: `evt_${tokens}`,
    sub_id: { format: 'uri', uri: clientId },
    events: {
      [credentialChange]: {
        event_timestamp: Math.floor(clock() / 1_000),
        'urn:sealwright:event': { type: 'credential.revoked', urls: [revocationList] },
      },
    },
  };
}
