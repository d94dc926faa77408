import { createHash } from 'node:crypto';
import type { Agent } from '../agents/agent.ts';
import { adviceFor } from '../agents/agent-advice.ts';
import type { AgentLint } from '../agents/agent-lint.ts';
import type { JsonObject } from '../protocol/strict-json.ts';
import { keptPath, type PublicDocument } from '../publication/public-document.ts';
import type { Answer } from './answer.ts';

const tagCharacters = 22;

/** An agent as the API shows it to those who may read agents: owners included. */
export function viewAgent(agent: Agent) {
  const { id, handle, kind, state, name, description, owners, team, tags, version } = agent;
  const { did, clientId, redirectUris, grantTypes, logoUri, profiles, keyCustody } = agent;
  const base = clientId.slice(0, -'/client.json'.length);
  return {
    ...{ id, handle, kind, state, name, description, owners, team, tags, version },
    ...{ did, clientId, jwksUri: `${base}/jwks.json`, redirectUris, grantTypes, logoUri },
    profiles,
    keyCustody,
    expiresAt: agent.expiresAt?.toISOString() ?? null,
    createdAt: agent.createdAt.toISOString(),
    updatedAt: agent.updatedAt.toISOString(),
    advice: adviceFor(agent),
    documents: {
      page: base,
      client: clientId,
      did: `${base}/did.json`,
      jwks: `${base}/jwks.json`,
      credentials: `${base}/credentials`,
      ...(profiles.includes('strict') && {
        strictClient: `${base}/strict/client.json`,
        strictPassport: `${base}/strict/passport.jwt`,
      }),
    },
  };
}

/** The strong entity tag of an agent: it changes with whatever its owner sees or may change. */
export function agentTag(agent: Agent): string {
  const digest = createHash('sha256')
    .update(JSON.stringify(viewAgent(agent)))
    .digest('base64url');
  return `"${digest.slice(0, tagCharacters)}"`;
}

/** An answer about an agent, with the tag by which a change can be made conditional. */
export function tagged(agent: Agent, answer: Answer): Answer {
  return { ...answer, headers: { ...answer.headers, ETag: agentTag(agent) } };
}

/** A new agent, with the private key where it is handed out: this once. */
export function viewEnrolled(agent: Agent, privateJwk: JsonObject | null) {
  return { ...viewAgent(agent), ...(privateJwk === null ? {} : { privateJwk }) };
}

/** An agent with what the lint found in its client documents when they were last published. */
export function viewLinted(agent: Agent, lint: AgentLint | null) {
  return { ...viewAgent(agent), lint: lint === null ? null : viewLint(agent, lint) };
}

function viewLint({ clientId }: Agent, { checkedAt, documents }: AgentLint) {
  const own = documents.find((document) => document.clientId === clientId);
  const strict = documents.find((document) => document.clientId !== clientId);
  return {
    checkedAt: checkedAt.toISOString(),
    findings: own?.findings ?? [],
    targets: own?.targets ?? [],
    ...(strict && { strict: { findings: strict.findings, targets: strict.targets } }),
  };
}

/** One version of a public document, without its octets. */
export function viewDocument(document: PublicDocument) {
  return {
    path: keptPath(document.path, {}),
    version: document.version,
    state: document.state,
    mediaType: document.mediaType,
    bytes: document.body.byteLength,
    sha256: document.sha256,
    publishedAt: document.publishedAt.toISOString(),
  };
}
