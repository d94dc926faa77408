import { z } from 'zod';
import { openObject, stamp, stampOrNull, textOrNull, texts } from './answer-schemas.ts';

const state = z.enum(['intended', 'abandoned', 'active', 'suspended', 'revoked', 'expired']);

const shown = z.object({
  id: z.string(),
  type: z.string(),
  agent: z.string(),
  state,
  visibility: z.enum(['public', 'on-request']),
  reason: z.string(),
  validFrom: stamp,
  validUntil: stamp,
  renewsAt: stampOrNull,
  renewalOf: textOrNull,
  renewedBy: textOrNull,
  createdAt: stamp,
  revokedAt: stampOrNull,
  status: z.object({ list: z.int(), index: z.int() }),
});

/** A credential in a listing. */
export const credentialAnswer = shown.meta({ id: 'Credential' });

/** A credential on its own. */
export const wholeCredentialAnswer = shown
  .extend({
    claims: openObject,
    jwt: textOrNull.meta({ description: 'The compact JWS; null before it is sealed.' }),
    url: z.string().optional().meta({ description: 'Where it is served, if it is public.' }),
  })
  .meta({ id: 'WholeCredential' });

/** What a change of state came to. */
export const changeAnswer = z
  .object({ id: z.string(), state, publishedAt: stamp })
  .meta({ id: 'CredentialChange' });

/** What taking back many came to. */
export const bulkAnswer = z
  .object({
    of: z.enum(['agents', 'credentials']),
    count: z.int(),
    ids: texts,
    preview: z.boolean(),
    agentsUnderWay: z.int(),
    publishedAt: stampOrNull,
  })
  .meta({ id: 'TakenBack' });

const agent = { id: z.string(), handle: z.string(), name: z.string() };

/** Who may do something, and why. */
export const accessAnswer = z
  .object({
    agent: z.object({
      ...agent,
      did: z.string(),
      clientId: z.string(),
      state: z.string(),
      stateNow: z.string(),
    }),
    credential: z.object({
      id: z.string(),
      type: z.string(),
      state: z.literal('active'),
      validFrom: stamp,
      validUntil: stamp,
    }),
    issuer: z.string(),
    issuerKey: textOrNull,
    issuedBy: z.object({ kind: z.string(), id: z.string() }).nullable(),
    reason: z.string(),
  })
  .meta({ id: 'AccessGrant' });

const imported = z.object({
  id: z.string(),
  origin: z.literal('imported'),
  issuer: z.string(),
  types: texts,
  state: z.enum(['accepted', 'rejected', 'undetermined']),
  cause: textOrNull,
  checkedAt: stamp,
  validFrom: stamp,
  validUntil: stamp,
  importedAt: stamp,
  reason: z.string(),
  sha256: z.string(),
});

/** An imported credential in a listing. */
export const importAnswer = imported.meta({ id: 'Import' });

/** An imported credential with its subject and its octets. */
export const wholeImportAnswer = imported
  .extend({ claims: openObject, jwt: z.string() })
  .meta({ id: 'WholeImport' });

/** An outside issuer that is believed for some types. */
export const trustedIssuerAnswer = z
  .object({ issuer: z.string(), credentialTypes: texts, createdAt: stamp })
  .meta({ id: 'TrustedIssuer' });

const grant = z.union([z.string(), openObject]);

/** The report of a verification. */
export const reportAnswer = z
  .object({
    report: z.string(),
    outcome: z.enum(['accepted', 'rejected', 'undetermined']),
    reason: textOrNull,
    checkedAt: stamp,
    input: z.object({ kind: z.string(), value: z.string() }),
    subject: z.object({
      clientId: textOrNull,
      did: textOrNull,
      name: textOrNull,
      host: textOrNull,
    }),
    issuer: z.object({ did: textOrNull, trust: z.enum(['policy', 'none']) }),
    freshness: z.object({
      documentAgeS: z.number().nullable(),
      statusAgeS: z.number().nullable(),
      recheckBefore: stampOrNull,
    }),
    granted: z.array(grant),
    withheld: z.array(grant),
    checks: z.array(
      z.object({
        id: z.string(),
        outcome: z.enum(['pass', 'warn', 'fail', 'skipped', 'undetermined']),
        title: z.string(),
        evidence: openObject,
        fix: textOrNull,
        ms: z.number(),
      }),
    ),
    claims: openObject.nullable(),
  })
  .meta({ id: 'Report' });
