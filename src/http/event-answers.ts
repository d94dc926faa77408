import { z } from 'zod';
import { openObject, stamp, stampOrNull, textOrNull, texts } from './answer-schemas.ts';

const webhookMembers = {
  id: z.string(),
  url: z.string(),
  description: textOrNull,
  events: texts.meta({ description: 'Types of messages; empty means all.' }),
  state: z.enum(['enabled', 'paused', 'disabled']),
  stateReason: textOrNull,
  failingSince: stampOrNull,
  formerSecretUntil: stampOrNull,
  createdAt: stamp,
  updatedAt: stamp,
};

/** A webhook, without its secret. */
export const webhookAnswer = z.object(webhookMembers).meta({ id: 'Webhook' });

/** A webhook with its secret, in this one answer. */
export const newWebhookAnswer = z
  .object({
    ...webhookMembers,
    secret: z.string().meta({ description: 'whsec_… It is in this one answer.' }),
  })
  .meta({ id: 'NewWebhook' });

/** The id of a message that is on its way. */
export const testAnswer = z.object({ id: z.string() }).meta({ id: 'SentMessage' });

/** One message to a webhook. */
export const deliveryAnswer = z
  .object({
    id: z.string(),
    type: z.string(),
    state: z.enum(['pending', 'delivered', 'failed']),
    attempts: z.int(),
    outcome: textOrNull.meta({ description: 'The last status, or the class of the failure.' }),
    nextAttemptAt: stampOrNull,
    endedAt: stampOrNull,
    createdAt: stamp,
  })
  .meta({ id: 'Delivery' });

/** The configuration of a stream (SSF §8.1.1). */
export const streamAnswer = z
  .object({
    stream_id: z.string(),
    iss: z.string(),
    aud: z.string(),
    events_supported: texts,
    events_requested: texts.optional(),
    events_delivered: texts,
    delivery: z.object({ method: z.string(), endpoint_url: z.string() }),
    min_verification_interval: z.int(),
    description: z.string().optional(),
  })
  .meta({ id: 'Stream' });

/** The status of a stream (SSF §8.1.2). */
export const streamStatusAnswer = z
  .object({
    stream_id: z.string(),
    status: z.enum(['enabled', 'paused', 'disabled']),
    reason: z.string().optional(),
  })
  .meta({ id: 'StreamStatus' });

/** What a poll gives (RFC 8936 §2.3). */
export const polledAnswer = z
  .object({
    sets: openObject.meta({ description: 'Signed tokens by their jti.' }),
    moreAvailable: z.boolean(),
  })
  .meta({ id: 'PolledEvents' });

/** A key that events are signed with. */
export const eventKeyAnswer = z
  .object({ kid: z.string(), algorithm: z.string(), createdAt: stamp })
  .meta({ id: 'EventKey' });
