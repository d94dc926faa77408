import { changeWebhook } from './change-webhook.ts';

/** What was not sent yet never is. */
export const webhookDelete = changeWebhook({
  verb: 'delete',
  summary: 'end a webhook',
  method: 'DELETE',
  done: 'is deleted',
});
