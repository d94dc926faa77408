import type { Agent } from '../agents/agent.ts';
import { agentUrls } from '../cimd/client-document.ts';
import type { Credential } from '../credentials/credential.ts';
import type { CredentialReader } from '../credentials/credential-store.ts';
import { visibilityOf } from '../credentials/facet-draft.ts';
import type { Clock } from '../kernel/clock.ts';
import type { IssuerDirectory } from '../keys/issuer.ts';
import type { KeyReader } from '../keys/key-store.ts';
import type { SigningKey } from '../keys/signing-key.ts';
import type { ManifestAgent, ManifestCredential } from '../manifest/manifest.ts';
import { canonicalizeJson } from '../protocol/canonical-json.ts';
import { formatDateTime } from '../protocol/date-time.ts';

const dayMs = 24 * 3_600_000;
const defaultDays = 90;

/** Where an export is read from. */
export interface ExportManifestDeps {
  readonly issuers: Pick<IssuerDirectory, 'find'>;
  readonly credentials: CredentialReader;
  readonly keys: KeyReader;
  readonly clock: Clock;
}

/**
 * Agents of one organization as a manifest has them, in the order given, with the credentials in
 * force. Applied where they come from, they change nothing. Agents that are retired, or not yet
 * published, are left out, and so are suspended credentials: elsewhere they would be issued anew.
 */
export async function exportManifest(
  deps: ExportManifestDeps,
  agents: readonly Agent[],
): Promise<readonly ManifestAgent[]> {
  const shown = agents.filter(({ state }) => state === 'active' || state === 'suspended');
  const ids = shown.map(({ id }) => id);
  const [credentials, keys] = await Promise.all([
    ids.length === 0 ? [] : deps.credentials.listUnexpired(ids, deps.clock.now()),
    deps.keys.listByDids(shown.map(({ did }) => did)),
  ]);
  return Promise.all(
    shown.map(async (agent) => {
      const { organization } = await deps.issuers.find(agent.organizationId);
      return entryOf(agent, {
        callback: agentUrls(organization, agent.handle).callback,
        credentials: credentials.filter(({ agentId }) => agentId === agent.id),
        keys: keys.filter(({ did }) => did === agent.did),
      });
    }),
  );
}

function entryOf(
  agent: Agent,
  held: {
    readonly callback: string;
    readonly credentials: readonly Credential[];
    readonly keys: readonly SigningKey[];
  },
): ManifestAgent {
  const { handle, kind, name, description, owners, team, tags, version, logoUri } = agent;
  const redirectUris = agent.redirectUris.filter((uri) => uri !== held.callback);
  const credentials = held.credentials.filter(isInForce).map(credentialOf);
  return {
    ...{ handle, kind, name },
    ...(description === null ? {} : { description }),
    owners,
    ...(team === null ? {} : { team }),
    ...(agent.tags.length === 0 ? {} : { tags }),
    ...(version === null ? {} : { version }),
    ...(redirectUris.length === 0 ? {} : { redirectUris: agent.redirectUris }),
    grantTypes: agent.grantTypes,
    ...(logoUri === null ? {} : { logoUri }),
    ...(agent.profiles.length === 0 ? {} : { profiles: agent.profiles }),
    ...(agent.expiresAt === null ? {} : { expiresAt: agent.expiresAt.toISOString() }),
    ...keyOf(agent, held.keys),
    ...(credentials.length === 0 ? {} : { credentials: distinct(credentials) }),
  };
}

function keyOf({ keyCustody }: Agent, keys: readonly SigningKey[]) {
  const newest = keys.at(-1);
  if (keyCustody !== 'jwk') return { keyCustody };
  return newest === undefined ? {} : { jwk: { ...newest.publicJwk } };
}

function isInForce(credential: Credential): boolean {
  const { type, sealing, revokedAt, suspendedAt } = credential;
  return type !== 'passport' && sealing === 'sealed' && revokedAt === null && suspendedAt === null;
}

function credentialOf(credential: Credential): ManifestCredential {
  const { type, claims, reason, visibility } = credential;
  const isUsual = type !== 'passport' && visibility === visibilityOf(type, undefined);
  return { type, claims, reason, ...(isUsual ? {} : { visibility }), ...validityOf(credential) };
}

/** A length of life in days holds elsewhere too; any other end is told as it is. */
function validityOf({ validFrom, validUntil }: Credential) {
  const days = (validUntil.getTime() - validFrom.getTime()) / dayMs;
  if (days === defaultDays) return {};
  return Number.isInteger(days) && days <= 9_999
    ? { validFor: `P${days}D` }
    : { validUntil: formatDateTime(validUntil) };
}

/** In an order that does not depend on when; a credential and its successor say the same, so once. */
function distinct(credentials: readonly ManifestCredential[]): readonly ManifestCredential[] {
  const byText = new Map(
    credentials.map((one) => [canonicalizeJson([one.type, one.claims]), one] as const),
  );
  return [...byText].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, one]) => one);
}
