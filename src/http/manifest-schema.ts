import { z } from 'zod';
import { manifestCustodies } from '../manifest/manifest.ts';
import { agentMembers, kind } from './agent-input.ts';

const textOrNull = z.string().nullable();
const stamp = z.string().meta({ format: 'date-time' });

const shared = {
  kind,
  description: textOrNull,
  owners: z.array(z.string()),
  team: textOrNull,
  tags: z.array(z.string()),
  version: textOrNull,
  redirectUris: z.array(z.string()),
  grantTypes: agentMembers.grantTypes.unwrap(),
  logoUri: textOrNull,
  profiles: agentMembers.profiles.unwrap(),
  expiresAt: stamp,
  keyCustody: z.enum(manifestCustodies),
};

const credential = z.strictObject({
  type: z.string(),
  claims: z.record(z.string(), z.unknown()),
  reason: z.string(),
  visibility: z.enum(['public', 'on-request']).optional(),
  validFor: z.string().optional(),
  validUntil: stamp.optional(),
});

const manifest = z.strictObject({
  preview: z.boolean().default(false),
  prune: z.boolean().default(false),
  reason: z.string().optional().meta({ description: 'Given with `prune`, and only then.' }),
  defaults: z.strictObject(shared).partial().optional(),
  agents: z
    .array(
      z
        .strictObject({ ...shared, jwk: z.record(z.string(), z.unknown()) })
        .partial()
        .extend({
          handle: z.string(),
          name: z.string(),
          credentials: z.array(credential).optional(),
        }),
    )
    .meta({ description: 'What an agent leaves out, `defaults` may say.' }),
});

const { properties = {}, required = [] } = z.toJSONSchema(manifest, { io: 'input' });

const pruning = { properties: { prune: { const: true } }, required: ['prune'] };

/**
 * What `/apply` takes, in the words of JSON Schema, for a reader of the API's description. What is
 * refused is for `parseManifest` to say, which knows the defaults too.
 */
export const manifestSchema = {
  properties,
  required,
  additionalProperties: false,
  // A reason is given exactly with a true "prune".
  oneOf: [
    { allOf: [pruning, { required: ['reason'] }] },
    { not: { anyOf: [pruning, { required: ['reason'] }] } },
  ],
};
