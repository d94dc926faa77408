import { z } from 'zod';
import { tokenScopes } from '../organizations/api-token.ts';
import { openObject, stamp, stampOrNull, textOrNull } from './answer-schemas.ts';

const scopes = z.array(z.enum(tokenScopes));

/** An organization. */
export const organizationAnswer = z
  .object({
    id: z.string(),
    name: z.string(),
    did: z.string(),
    baseUrl: z.string(),
    contact: z.string(),
    createdAt: stamp,
  })
  .meta({ id: 'Organization' });

/** A new organization with the text of its first token. */
export const newOrganizationAnswer = organizationAnswer
  .extend({
    token: z
      .string()
      .meta({ description: 'The text of its first token. It is in this one answer.' }),
  })
  .meta({ id: 'NewOrganization' });

const token = z.object({
  id: z.string(),
  name: z.string(),
  scopes,
  team: textOrNull,
  agent: textOrNull.meta({ description: 'The id of the one agent that it is for.' }),
  createdAt: stamp,
  expiresAt: stampOrNull,
  revokedAt: stampOrNull,
});

/** A token without its text. */
export const tokenAnswer = token.meta({ id: 'Token' });

/** A new token with its text. */
export const newTokenAnswer = token
  .extend({ token: z.string().meta({ description: 'The text. It is in this one answer.' }) })
  .meta({ id: 'NewToken' });

/** Which workloads get tokens without a secret. */
export const workloadRuleAnswer = z
  .object({
    id: z.string(),
    name: z.string(),
    kind: z.string(),
    issuer: z.string(),
    audience: textOrNull,
    claims: openObject,
    grants: z.object({ scopes, team: textOrNull, agent: textOrNull }),
    tokenLifetime: z.string().meta({ examples: ['PT15M'] }),
    jwksUri: textOrNull,
    createdAt: stamp,
    lastUsedAt: stampOrNull,
  })
  .meta({ id: 'WorkloadRule' });

/** A record of the audit trail. */
export const recordAnswer = z
  .object({
    sequence: z.int(),
    event: openObject.meta({ description: 'The object whose canonical form was hashed.' }),
    previousHash: z.string(),
    hash: z.string(),
  })
  .meta({ id: 'AuditRecord' });

const node = z.string().meta({ description: '32 octets in base64.' });

/** A record of the audit trail, with what proves that it is in the tree of a checkpoint. */
export const receiptAnswer = z
  .object({
    format: z.literal('sealwright-audit-receipt-v1'),
    body: z.string().meta({ description: 'The exact text that was hashed.' }),
    previousHash: z.string(),
    proof: z.object({ index: z.int(), size: z.int(), path: z.array(node) }),
    checkpoint: z.string().meta({ description: 'A signed note (C2SP tlog-checkpoint).' }),
  })
  .meta({ id: 'AuditReceipt' });

const treeHead = z.object({ size: z.int(), rootHash: node });

/** That one checkpoint begins with another (RFC 6962 §2.1.2). */
export const consistencyAnswer = z
  .object({ from: treeHead, to: treeHead, path: z.array(node) })
  .meta({ id: 'AuditConsistency' });

/** What the check of the audit trail found. */
export const verificationAnswer = z
  .object({
    intact: z.boolean(),
    records: z.int(),
    headHash: z.string(),
    rootHash: node.meta({ description: 'Of the tree over these records.' }),
    brokenAt: z.int().nullable(),
    detail: textOrNull,
  })
  .meta({ id: 'AuditVerification' });

/** A key of the issuer. */
export const issuerKeyAnswer = z
  .object({
    id: z.string(),
    kid: z.string(),
    algorithm: z.string(),
    state: z.enum(['created', 'published', 'active', 'retired', 'destroyed']),
    since: stamp,
    safeToActivateAt: stampOrNull,
    safeToRetireAt: stampOrNull,
    activatesAt: stampOrNull,
    listedUntil: stampOrNull,
    revokedAt: stampOrNull,
    createdAt: stamp,
    nextStep: z
      .object({
        action: z.enum(['prepare', 'activate', 'retire', 'destroy']),
        at: stampOrNull,
        automatic: z.boolean(),
      })
      .nullable(),
  })
  .meta({ id: 'IssuerKey' });

/** What giving up a key of the issuer came to. */
export const compromiseAnswer = z
  .object({
    key: issuerKeyAnswer,
    replacement: issuerKeyAnswer,
    credentialsRevoked: z.int(),
    suspendedFacetsLost: z.int(),
    agentsReissued: z.int(),
    agentsUnderWay: z.int(),
    listsPublishedAt: stampOrNull,
  })
  .meta({ id: 'CompromisedIssuerKey' });
