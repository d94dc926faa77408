import { createHmac, randomBytes } from 'node:crypto';
import type { JsonObject } from '../protocol/strict-json.ts';
import type { Happening } from './happening.ts';

const secretPrefix = 'whsec_';
const secretBytes = 32;

/** A new secret as Standard Webhooks writes it: `whsec_` and 256 random bits in base64. */
export function mintWebhookSecret(): string {
  return `${secretPrefix}${randomBytes(secretBytes).toString('base64')}`;
}

/** What is sent to a webhook, as the text that is signed. Reasons and personal data are not in it. */
export function webhookBodyOf({
  record,
  agent,
  credential,
  urls,
  organization,
}: Happening): string {
  const data: JsonObject = {
    ...(agent === null ? {} : { agent: agent.handle, clientId: agent.clientId, did: agent.did }),
    ...(credential === null ? {} : { credential: credential.id, credentialType: credential.type }),
    ...(record.action.includes('key.') ? { key: record.subject } : {}),
    issuer: organization.did,
    urls: [...urls],
  };
  return JSON.stringify({
    id: record.id,
    type: record.action,
    at: record.at.toISOString(),
    organization: organization.id,
    subject: record.subject,
    data,
  });
}

/** The message of a call that tries an endpoint out. */
export function testBodyOf(message: {
  readonly id: string;
  readonly at: Date;
  readonly organizationId: string;
  readonly subject: string;
}): string {
  const { id, at, organizationId, subject } = message;
  return JSON.stringify({
    ...{ id, type: 'webhook.test', at: at.toISOString() },
    ...{ organization: organizationId, subject, data: {} },
  });
}

/**
 * The headers by which a receiver knows a message (Standard Webhooks): one signature for each secret,
 * HMAC-SHA256 over id, timestamp in seconds and body.
 */
export function signatureHeaders(
  message: { readonly id: string; readonly body: string; readonly at: Date },
  secrets: readonly string[],
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(message.at.getTime() / 1_000));
  const signed = `${message.id}.${timestamp}.${message.body}`;
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(secretPrefix.length), 'base64');
    return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
  });
  return {
    'webhook-id': message.id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}
