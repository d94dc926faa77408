import { changeWebhook } from './change-webhook.ts';

/** What happened meanwhile is sent then. */
export const webhookEnable = changeWebhook({
  verb: 'enable',
  summary: 'send again, from where it was stopped',
  method: 'PATCH',
  body: { state: 'enabled' },
  done: 'is enabled',
});
