import { changeWebhook } from './change-webhook.ts';

/** The message has the type `webhook.test`; `webhook deliveries` shows what became of it. */
export const webhookTest = changeWebhook({
  verb: 'test',
  summary: 'send a test message',
  method: 'POST',
  path: '/test',
  body: {},
  done: 'is sent a test message',
});
