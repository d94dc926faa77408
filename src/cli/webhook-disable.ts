import { changeWebhook } from './change-webhook.ts';

/** What happens meanwhile is sent once it is enabled again. */
export const webhookDisable = changeWebhook({
  verb: 'disable',
  summary: 'send nothing until it is enabled',
  method: 'PATCH',
  body: { state: 'disabled' },
  done: 'is disabled',
});
