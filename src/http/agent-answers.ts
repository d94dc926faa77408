import { z } from 'zod';
import { kind } from './agent-input.ts';
import {
  openObject,
  privateJwk,
  publicJwk,
  stamp,
  stampOrNull,
  textOrNull,
  texts,
} from './answer-schemas.ts';

const state = z.enum(['pending', 'active', 'suspended', 'retired']);
const custody = z.enum(['jwk', 'issued', 'registry']);

const documents = z.object({
  page: z.string(),
  client: z.string(),
  did: z.string(),
  jwks: z.string(),
  credentials: z.string(),
  strictClient: z.string().optional(),
  strictPassport: z.string().optional(),
});

const shown = z.object({
  id: z.string(),
  handle: z.string(),
  kind,
  state,
  name: z.string(),
  description: textOrNull,
  owners: texts,
  team: textOrNull,
  tags: texts,
  version: textOrNull,
  did: z.string(),
  clientId: z.string(),
  jwksUri: z.string(),
  redirectUris: texts,
  grantTypes: texts,
  logoUri: textOrNull,
  profiles: z.array(z.enum(['strict'])),
  keyCustody: custody,
  expiresAt: stampOrNull,
  createdAt: stamp,
  updatedAt: stamp,
  advice: z.array(z.object({ code: z.string(), detail: z.string() })),
  documents,
});

/** An agent. */
export const agentAnswer = shown.meta({ id: 'Agent' });

/** A new agent, with the private key where it is handed out. */
export const enrolledAnswer = shown
  .extend({ privateJwk: privateJwk.optional() })
  .meta({ id: 'NewAgent' });

const lintedRule = z
  .object({
    id: z.string(),
    severity: z.enum(['error', 'warning', 'notice']),
    places: texts,
    message: z.string(),
    fix: z.string(),
  })
  .meta({ id: 'LintFinding' });

const lintedDocument = {
  findings: z.array(lintedRule),
  targets: z.array(
    z.object({
      target: z.string(),
      outcome: z.enum(['accepts', 'refuses', 'unknown']),
      findings: z.array(lintedRule),
    }),
  ),
};

/** An agent with what the lint found in its documents. */
export const lintedAnswer = shown
  .extend({
    lint: z
      .object({ checkedAt: stamp, ...lintedDocument, strict: z.object(lintedDocument).optional() })
      .nullable(),
  })
  .meta({ id: 'LintedAgent' });

/** One version of a public document. */
export const documentAnswer = z
  .object({
    path: z.string(),
    version: z.int(),
    state: z.enum(['live', 'gone']),
    mediaType: z.string(),
    bytes: z.int(),
    sha256: z.string(),
    publishedAt: stamp,
  })
  .meta({ id: 'DocumentVersion' });

const rotation = z.object({
  former: textOrNull,
  next: textOrNull,
  startedAt: stamp,
  overlapSeconds: z.number(),
  usableFrom: stampOrNull,
  safeToRetireAt: stampOrNull,
  nextStep: textOrNull,
  nextStepAt: stampOrNull,
  steps: z.array(z.object({ step: z.string(), done: z.boolean(), at: stampOrNull })),
});

const keys = z.object({
  agent: z.string(),
  agentState: state,
  keyCustody: custody,
  keys: z.array(
    z.object({
      kid: z.string(),
      algorithm: z.string(),
      state: z.enum(['created', 'published', 'active', 'retired', 'destroyed']),
      since: stamp,
      createdAt: stamp,
      jwk: publicJwk,
    }),
  ),
  rotation: rotation.nullable(),
});

/** The keys of an agent. */
export const keysAnswer = keys.meta({ id: 'AgentKeys' });

/** The keys of an agent after a change. */
export const changedKeysAnswer = keys
  .extend({ privateJwk: privateJwk.optional() })
  .meta({ id: 'ChangedAgentKeys' });

/** A client assertion. */
export const assertionAnswer = z
  .object({
    assertion: z.string(),
    assertionType: z.literal('urn:ietf:params:oauth:client-assertion-type:jwt-bearer'),
    clientId: z.string(),
    audience: z.string(),
    expiresAt: stamp,
  })
  .meta({ id: 'ClientAssertion' });

/** What an agent has to know about itself. */
export const identityAnswer = z
  .object({
    id: z.string(),
    handle: z.string(),
    kind,
    name: z.string(),
    state,
    did: z.string(),
    clientId: z.string(),
    jwksUri: z.string(),
    documents,
  })
  .meta({ id: 'Identity' });

/** An entry of a manifest. */
export const manifestEntryAnswer = openObject.meta({
  id: 'ManifestAgent',
  description: 'An agent in the words of a manifest, as `POST /apply` takes it.',
});
