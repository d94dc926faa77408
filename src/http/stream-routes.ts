import { z } from 'zod';
import { minVerificationIntervalS } from '../events/change-stream.ts';
import type { StreamDelivery } from '../events/create-stream.ts';
import { deliveryMethods } from '../events/event-keys.ts';
import type { SubscriptionRef } from '../events/find-subscription.ts';
import { mostPolled } from '../events/poll-stream.ts';
import { deliveredTypes, eventTypes } from '../events/security-event.ts';
import type { Subscription, SubscriptionId } from '../events/subscription.ts';
import { isPlainLine } from '../kernel/plain-line.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import { type Organization, originOf } from '../organizations/organization.ts';
import { type Answer, created, noContent, ok } from './answer.ts';
import { eventKeyAnswer, polledAnswer, streamAnswer, streamStatusAnswer } from './event-answers.ts';
import { withoutUndefined } from './input.ts';
import { type Call, type Route, route } from './route.ts';

const streamId = z.string().min(1).max(80);
const plain = (most: number) =>
  z.string().max(most).refine(isPlainLine, 'must not hold control characters');
/** Visible characters of ASCII and spaces: what a header can hold (RFC 9110 §5.5). */
const headerValue = z
  .string()
  .max(4_096)
  .regex(/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/, 'must be the value of a header');

const delivery = z
  .discriminatedUnion('method', [
    z.strictObject({
      method: z.literal(deliveryMethods.push),
      endpoint_url: z.string(),
      authorization_header: headerValue.optional(),
    }),
    // Where it is polled is ours to say; a receiver may repeat it (SSF §6.1.2).
    z.strictObject({
      method: z.literal(deliveryMethods.poll),
      endpoint_url: z.string().optional(),
    }),
  ])
  .transform((given): StreamDelivery => {
    if (given.method === deliveryMethods.poll) return { method: 'poll' };
    const { endpoint_url: url, authorization_header: authorization = null } = given;
    return { method: 'push', url, authorization };
  });

const receiverMembers = {
  delivery: delivery.optional(),
  events_requested: z.array(z.string().max(500)).max(100).optional(),
  description: plain(200).optional(),
};
/** What we supply; a change may repeat it, but not differ (SSF §8.1.1.3). */
const transmitterMembers = {
  iss: z.string().optional(),
  aud: z.union([z.string(), z.array(z.string())]).optional(),
  events_supported: z.array(z.string()).optional(),
  events_delivered: z.array(z.string()).optional(),
  min_verification_interval: z.number().optional(),
};
const streamInput = z.strictObject({ ...receiverMembers, aud: plain(500).min(1).optional() });
const streamChange = z.strictObject({
  stream_id: streamId,
  ...receiverMembers,
  ...transmitterMembers,
});
const statusInput = z.strictObject({
  stream_id: streamId,
  status: z.enum(['enabled', 'paused', 'disabled']),
  reason: plain(500).optional(),
});
const verificationInput = z.strictObject({
  stream_id: streamId,
  state: z.string().max(1_000).optional(),
});
// RFC 8936 §2.2.
const pollInput = z.strictObject({
  maxEvents: z.int().min(0).default(mostPolled),
  returnImmediately: z.boolean().default(false),
  ack: z.array(z.string()).max(1_000).default([]),
  setErrs: z
    .record(
      z.string(),
      z.object({ err: z.string().optional(), description: z.string().optional() }),
    )
    .default({}),
});
const byStream = z.strictObject({ stream_id: streamId });
const mayNameStream = z.strictObject({ stream_id: streamId.optional() });

/** Whoever administers the organization sees all streams; others those that their token made. */
function refTo({ caller, scopes }: Call, id: string): SubscriptionRef {
  const { organizationId, actor } = caller;
  const ownedBy = scopes.includes('org:admin') ? undefined : actor.id;
  return { organizationId, actor, id: id as SubscriptionId, ownedBy };
}

interface ShownStream {
  readonly stream: Subscription;
  readonly organization: Organization;
}

async function shown(call: Call, stream: Promise<Subscription>): Promise<ShownStream> {
  const { registry } = call.ports;
  return { stream: await stream, organization: await registry.findOrganization(call.caller) };
}

const notFound = ['stream-not-found'] as const;

/** The management of streams as the OpenID Shared Signals Framework has it (SSF §8.1), and polling. */
export const streamRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/ssf/streams',
    scope: 'verify',
    input: streamInput,
    summary: 'Create a stream of security events',
    answers: { 201: streamAnswer },
    refuses: ['too-many-subscriptions'],
    run: (call, input) =>
      shown(
        call,
        call.ports.registry.createStream({
          ...call.caller,
          delivery: input.delivery ?? { method: 'poll' },
          description: input.description ?? null,
          events: input.events_requested ?? [],
          audience: input.aud ?? null,
        }),
      ),
    view: (made, call) => created(`${call.path}?stream_id=${made.stream.id}`, viewStream(made)),
  }),
  route({
    method: 'GET',
    path: '/ssf/streams',
    scope: 'verify',
    input: mayNameStream,
    summary: 'Read a stream, or list streams',
    answers: { 200: z.union([streamAnswer, z.array(streamAnswer)]) },
    refuses: notFound,
    run: (call, { stream_id }) => readStreams(call, stream_id),
    view: (body) => ok(body),
  }),
  route({
    method: 'PATCH',
    path: '/ssf/streams',
    scope: 'verify',
    input: streamChange,
    summary: 'Change a stream',
    answers: { 200: streamAnswer },
    refuses: notFound,
    run: (call, input) => changeStream(call, input, 'update'),
    view: (changed) => ok(viewStream(changed)),
  }),
  route({
    method: 'PUT',
    path: '/ssf/streams',
    scope: 'verify',
    input: streamChange,
    summary: 'Replace what the receiver says of a stream',
    answers: { 200: streamAnswer },
    refuses: notFound,
    run: (call, input) => changeStream(call, input, 'replace'),
    view: (changed) => ok(viewStream(changed)),
  }),
  route({
    method: 'DELETE',
    path: '/ssf/streams',
    scope: 'verify',
    input: byStream,
    summary: 'Delete a stream',
    answers: { 204: null },
    refuses: notFound,
    run: (call, { stream_id }) => call.ports.registry.removeStream(refTo(call, stream_id)),
    view: noContent,
  }),
  route({
    method: 'GET',
    path: '/ssf/status',
    scope: 'verify',
    input: byStream,
    summary: 'Read the status of a stream',
    answers: { 200: streamStatusAnswer },
    refuses: notFound,
    run: (call, { stream_id }) => call.ports.registry.findStream(refTo(call, stream_id)),
    view: viewStatus,
  }),
  route({
    method: 'POST',
    path: '/ssf/status',
    scope: 'verify',
    input: statusInput,
    summary: 'Enable, pause or disable a stream',
    answers: { 200: streamStatusAnswer },
    refuses: notFound,
    run: (call, { stream_id, status: state, reason = null }) =>
      call.ports.registry.changeStreamStatus({ ...refTo(call, stream_id), state, reason }),
    view: viewStatus,
  }),
  route({
    method: 'POST',
    path: '/ssf/verification',
    scope: 'verify',
    input: verificationInput,
    summary: 'Have a verification event sent over a stream',
    answers: { 204: null },
    refuses: ['stream-not-found', 'verification-too-soon'],
    run: (call, { stream_id, state = null }) =>
      call.ports.registry.verifyStream({ ...refTo(call, stream_id), state }),
    view: noContent,
  }),
  route({
    method: 'POST',
    path: '/ssf/poll/:target',
    scope: 'verify',
    input: pollInput,
    summary: 'Poll a stream, and acknowledge what came over it',
    answers: { 200: polledAnswer },
    refuses: notFound,
    run: (call, { ack, setErrs, ...poll }) =>
      call.ports.registry.pollStream({
        ...refTo(call, call.target),
        ...poll,
        acknowledged: ack,
        refused: Object.keys(setErrs),
      }),
    view: (polled) => ok(polled),
  }),
  route({
    method: 'POST',
    path: '/organization/event-keys',
    scope: 'keys:write',
    input: z.strictObject({ action: z.literal('rotate') }),
    summary: 'Change the key that security events are signed with',
    answers: { 200: eventKeyAnswer },
    run: ({ ports, caller }) => ports.registry.rotateEventKey(caller),
    view: ({ thumbprint: kid, algorithm, createdAt }) =>
      ok({ kid, algorithm, createdAt: createdAt.toISOString() }),
  }),
];

async function readStreams(call: Call, id: string | undefined): Promise<object> {
  const { registry } = call.ports;
  if (id !== undefined) return viewStream(await shown(call, registry.findStream(refTo(call, id))));
  const { ownedBy } = refTo(call, '');
  const organization = await registry.findOrganization(call.caller);
  const streams = await registry.listStreams({ ...call.caller, ownedBy });
  return streams.map((stream) => viewStream({ stream, organization }));
}

/** A replacement that leaves a member out takes it away; without a delivery it is polled. */
async function changeStream(
  call: Call,
  input: z.infer<typeof streamChange>,
  how: 'update' | 'replace',
): Promise<ShownStream> {
  const { stream_id, delivery, events_requested: events, description, ...repeated } = input;
  const ref = refTo(call, stream_id);
  const { registry } = call.ports;
  refuseDifferent(viewStream(await shown(call, registry.findStream(ref))), repeated);
  const given = withoutUndefined({ delivery, events, description });
  const absent = { delivery: { method: 'poll' }, events: [], description: null } as const;
  const changes = how === 'replace' ? { ...absent, ...given } : given;
  return shown(call, registry.updateStream({ ...ref, ...changes }));
}

/** What only we say may be repeated, and must then be what it is. */
function refuseDifferent(present: object, repeated: object): void {
  const members = new Map<string, unknown>(Object.entries(present));
  const faults = Object.entries(repeated)
    .filter(([name, value]) => JSON.stringify(members.get(name)) !== JSON.stringify(value))
    .map(([name]) => ({ pointer: `/${name}`, detail: 'is not for the receiver to change' }));
  if (faults.length === 0) return;
  throw new SealwrightError('invalid-input', 'A member is not what the transmitter supplied.', {
    faults,
  });
}

function viewStream({ stream, organization }: ShownStream) {
  const { id, audience, events, url, description } = stream;
  const endpoint = `${originOf(organization)}/api/v1/ssf/poll/${id}`;
  return {
    ...{ stream_id: id, iss: organization.baseUrl, aud: audience ?? id },
    events_supported: Object.values(eventTypes),
    ...(events.length === 0 ? {} : { events_requested: events }),
    events_delivered: deliveredTypes(stream),
    delivery:
      url === null
        ? { method: deliveryMethods.poll, endpoint_url: endpoint }
        : { method: deliveryMethods.push, endpoint_url: url },
    min_verification_interval: minVerificationIntervalS,
    ...(description === null ? {} : { description }),
  };
}

function viewStatus({ id, state, stateReason }: Subscription): Answer {
  const reason = stateReason === null ? {} : { reason: stateReason };
  return ok({ stream_id: id, status: state, ...reason });
}
