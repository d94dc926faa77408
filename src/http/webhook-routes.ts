import { z } from 'zod';
import type { Delivery } from '../events/delivery.ts';
import type { SubscriptionRef } from '../events/find-subscription.ts';
import type { Subscription, SubscriptionId } from '../events/subscription.ts';
import { toldActions } from '../events/told-action.ts';
import { isPlainLine } from '../kernel/plain-line.ts';
import { created, listed, noContent, ok } from './answer.ts';
import { pageOf } from './answer-schemas.ts';
import { deliveryAnswer, newWebhookAnswer, testAnswer, webhookAnswer } from './event-answers.ts';
import { noInput, withoutUndefined } from './input.ts';
import { pageMembers, readPage } from './page.ts';
import { type Call, type Route, route } from './route.ts';

const description = z
  .string()
  .max(200)
  .refine(isPlainLine, 'must not hold control characters')
  .nullable();
const events = z.array(z.enum(toldActions)).transform((types) => [...new Set(types)]);

const webhookInput = z.strictObject({
  url: z.string(),
  description: description.default(null),
  events: events.default([]),
});
const webhookChange = z.strictObject({
  url: z.string().optional(),
  description: description.optional(),
  events: events.optional(),
  state: z.enum(['enabled', 'disabled']).optional(),
});

const of = ({ caller, target }: Call): SubscriptionRef => ({
  organizationId: caller.organizationId,
  actor: caller.actor,
  id: target as SubscriptionId,
});

/** The calls about webhooks. */
export const webhookRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/webhooks',
    scope: 'org:admin',
    input: webhookInput,
    summary: 'Create a webhook',
    answers: { 201: newWebhookAnswer },
    refuses: ['too-many-subscriptions'],
    run: ({ ports, caller }, input) => ports.registry.createWebhook({ ...caller, ...input }),
    view: ({ webhook, secret }, call) =>
      created(`${call.path}/${webhook.id}`, { ...viewWebhook(webhook), secret }),
  }),
  route({
    method: 'GET',
    path: '/webhooks',
    scope: 'org:admin',
    input: noInput,
    summary: 'List webhooks, without their secrets',
    answers: { 200: pageOf(webhookAnswer) },
    run: ({ ports, caller }) => ports.registry.listWebhooks(caller),
    view: (webhooks) => ok({ data: webhooks.map(viewWebhook), next: null }),
  }),
  route({
    method: 'GET',
    path: '/webhooks/:target',
    scope: 'org:admin',
    input: noInput,
    summary: 'Read a webhook',
    answers: { 200: webhookAnswer },
    refuses: ['webhook-not-found'],
    run: (call) => call.ports.registry.findWebhook(of(call)),
    view: (webhook) => ok(viewWebhook(webhook)),
  }),
  route({
    method: 'PATCH',
    path: '/webhooks/:target',
    scope: 'org:admin',
    input: webhookChange,
    summary: 'Change, disable or enable a webhook',
    answers: { 200: webhookAnswer },
    refuses: ['webhook-not-found'],
    run: (call, changes) =>
      call.ports.registry.updateWebhook({ ...of(call), ...withoutUndefined(changes) }),
    view: (webhook) => ok(viewWebhook(webhook)),
  }),
  route({
    method: 'DELETE',
    path: '/webhooks/:target',
    scope: 'org:admin',
    input: noInput,
    summary: 'Remove a webhook',
    answers: { 204: null },
    refuses: ['webhook-not-found'],
    run: (call) => call.ports.registry.removeWebhook(of(call)),
    view: noContent,
  }),
  route({
    method: 'POST',
    path: '/webhooks/:target/test',
    scope: 'org:admin',
    input: noInput,
    summary: 'Send a test message to a webhook',
    answers: { 202: testAnswer },
    refuses: ['webhook-not-found', 'webhook-wrong-state'],
    run: (call) => call.ports.registry.testWebhook(of(call)),
    view: (id) => ({ ...ok({ id }), status: 202 }),
  }),
  route({
    method: 'POST',
    path: '/webhooks/:target/rotate-secret',
    scope: 'org:admin',
    input: noInput,
    summary: 'Give a webhook a new secret',
    answers: { 200: newWebhookAnswer },
    refuses: ['webhook-not-found'],
    run: (call) => call.ports.registry.rotateWebhookSecret(of(call)),
    view: ({ webhook, secret }) => ok({ ...viewWebhook(webhook), secret }),
  }),
  route({
    method: 'GET',
    path: '/webhooks/:target/deliveries',
    scope: 'org:admin',
    input: z.strictObject(pageMembers),
    summary: 'List what was sent to a webhook, and what is to be',
    answers: { 200: pageOf(deliveryAnswer) },
    refuses: ['webhook-not-found'],
    run: (call, page) =>
      readPage(page, (request) => call.ports.registry.listDeliveries(of(call), request)),
    view: (page, call) => listed(page, call, viewDelivery),
  }),
  route({
    method: 'POST',
    path: '/webhooks/:target/deliveries/:part/redeliver',
    scope: 'org:admin',
    input: noInput,
    summary: 'Send a message once more',
    answers: { 202: testAnswer },
    refuses: ['webhook-not-found', 'delivery-not-found', 'webhook-wrong-state'],
    run: async (call) => {
      await call.ports.registry.redeliver({ ...of(call), delivery: call.part });
      return call.part;
    },
    view: (id) => ({ ...ok({ id }), status: 202 }),
  }),
];

function viewWebhook(webhook: Subscription) {
  return {
    ...{ id: webhook.id, url: webhook.url, description: webhook.description },
    ...{ events: webhook.events, state: webhook.state, stateReason: webhook.stateReason },
    failingSince: webhook.failingSince?.toISOString() ?? null,
    formerSecretUntil: webhook.formerSecretUntil?.toISOString() ?? null,
    createdAt: webhook.createdAt.toISOString(),
    updatedAt: webhook.updatedAt.toISOString(),
  };
}

function viewDelivery(delivery: Delivery) {
  const { id, type, state, attempts, outcome, dueAt, endedAt, createdAt } = delivery;
  return {
    ...{ id, type, state, attempts, outcome },
    nextAttemptAt: state === 'pending' ? dueAt.toISOString() : null,
    endedAt: endedAt?.toISOString() ?? null,
    createdAt: createdAt.toISOString(),
  };
}
