import { z } from 'zod';
import { kind } from './agent-input.ts';
import { openObject, stamp, stampOrNull, textOrNull, texts } from './answer-schemas.ts';

const shown = z.object({
  id: z.string(),
  state: z.enum(['open', 'awaiting-approval', 'enrolled', 'rejected', 'withdrawn', 'expired']),
  handle: textOrNull,
  kind,
  name: textOrNull,
  owners: texts,
  team: textOrNull,
  tags: texts,
  template: textOrNull,
  approval: z.boolean(),
  credentials: texts.meta({ description: 'The types that the agent gets at once.' }),
  key: textOrNull.meta({ description: 'Thumbprint of the key of whoever came with the token.' }),
  requestedAt: stampOrNull,
  agent: textOrNull.meta({ description: 'The id of the agent that came of it.' }),
  reason: textOrNull,
  createdAt: stamp,
  expiresAt: stamp,
});

/** An enrolment. */
export const enrolmentAnswer = shown.meta({ id: 'Enrolment' });

/** A new enrolment with its token. */
export const newEnrolmentAnswer = shown
  .extend({
    token: z.string().meta({ description: 'The one-time token. It is in this one answer.' }),
    audience: z.string().meta({ description: 'What the proof names as its audience.' }),
  })
  .meta({ id: 'NewEnrolment' });

/** An agent that came with its token and waits. */
export const waitingAnswer = z
  .object({ enrolment: z.string(), state: z.literal('awaiting-approval'), expiresAt: stamp })
  .meta({ id: 'WaitingAgent' });

/** A template. */
export const templateAnswer = z
  .object({
    id: z.string(),
    name: z.string(),
    kind: kind.nullable(),
    defaults: z.object({
      owners: texts.optional(),
      team: z.string().optional(),
      tags: texts.optional(),
      redirectUris: texts.optional(),
      grantTypes: texts.optional(),
      profiles: texts.optional(),
      keyCustody: z.enum(['issued', 'registry']).optional(),
      expiresIn: z.string().optional(),
    }),
    credentials: z.array(
      z.object({
        type: z.string(),
        claims: openObject,
        reason: z.string(),
        visibility: z.enum(['public', 'on-request']).optional(),
        validFor: z.string().optional(),
      }),
    ),
    approval: z.boolean(),
    createdAt: stamp,
    updatedAt: stamp,
  })
  .meta({ id: 'Template' });
