import { z } from 'zod';
import { neglectKinds } from '../estate/find-orphans.ts';
import { stamp, stampOrNull, textOrNull, texts } from './answer-schemas.ts';

/** A mailbox whose person left. */
export const departedAnswer = z
  .object({ owner: z.string(), reason: z.string(), departedAt: stamp })
  .meta({ id: 'DepartedOwner' });

/** An agent that nobody may be looking after. */
export const neglectedAnswer = z
  .object({
    agent: z.object({
      id: z.string(),
      handle: z.string(),
      name: z.string(),
      state: z.string(),
      owners: texts,
      team: textOrNull,
      clientId: z.string(),
    }),
    signs: z.array(z.object({ kind: z.enum(neglectKinds), detail: z.string(), at: stampOrNull })),
  })
  .meta({ id: 'NeglectedAgent' });

/** A rule for the estate. */
export const ruleAnswer = z
  .object({
    id: z.string(),
    name: z.string(),
    when: z.object({
      action: z.string().optional(),
      resource: z.string().optional(),
      kind: z.string().optional(),
      team: z.string().optional(),
      tag: z.string().optional(),
    }),
    require: z.object({
      attestation: z
        .object({ framework: z.string().optional(), standard: z.string().optional() })
        .optional(),
      modelApprovedBy: z.string().optional(),
      importedFrom: z.string().optional(),
      owners: z.int().optional(),
    }),
    createdAt: stamp,
    updatedAt: stamp,
  })
  .meta({ id: 'Rule' });

/** One time that an agent did not meet a rule. */
export const findingAnswer = z
  .object({
    id: z.string(),
    rule: z.object({
      id: z.string(),
      name: textOrNull.meta({ description: 'null once the rule is removed.' }),
    }),
    agent: textOrNull,
    state: z.enum(['open', 'resolved']),
    detail: z.string(),
    since: stamp,
    resolvedAt: stampOrNull,
  })
  .meta({ id: 'Finding' });
