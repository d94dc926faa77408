import { z } from 'zod';
import type { DepartedOwner } from '../estate/departed-owner.ts';
import { type NeglectedAgent, neglectKinds } from '../estate/find-orphans.ts';
import { created, listed, noContent, ok } from './answer.ts';
import { pageOf } from './answer-schemas.ts';
import { departedAnswer, neglectedAnswer } from './estate-answers.ts';
import { noInput } from './input.ts';
import { pageMembers, readPage } from './page.ts';
import { type Route, route } from './route.ts';

const days = (fallback: number) =>
  z
    .string()
    .regex(/^[1-9]\d{0,2}$/, 'must be a number of days from 1 to 999')
    .transform(Number)
    .default(fallback);

const orphansInput = z.strictObject({
  ...pageMembers,
  kind: z.enum(neglectKinds).optional(),
  expiringWithinDays: days(14),
  unverifiedForDays: days(30),
});

/** The calls about owners who left, and about agents that nobody may be looking after. */
export const estateRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/owners/departed',
    scope: 'agents:write',
    input: z.strictObject({ owner: z.string(), reason: z.string() }),
    summary: 'Mark a mailbox whose person left',
    answers: { 201: departedAnswer },
    run: ({ ports, caller }, input) => ports.registry.markOwnerDeparted({ ...caller, ...input }),
    view: (departed, call) =>
      created(`${call.path}/${encodeURIComponent(departed.owner)}`, viewDeparted(departed)),
  }),
  route({
    method: 'GET',
    path: '/owners/departed',
    scope: 'agents:read',
    input: noInput,
    summary: 'List mailboxes whose person left',
    answers: { 200: pageOf(departedAnswer) },
    run: ({ ports, caller }) => ports.registry.listDepartedOwners(caller),
    view: (departed) => ok({ data: departed.map(viewDeparted), next: null }),
  }),
  route({
    method: 'DELETE',
    path: '/owners/departed/:target',
    scope: 'agents:write',
    input: noInput,
    summary: 'Take a mailbox off that list',
    answers: { 204: null },
    refuses: ['owner-not-departed'],
    run: ({ ports, caller, target }) =>
      ports.registry.markOwnerReturned({ ...caller, owner: target }),
    view: noContent,
  }),
  route({
    method: 'GET',
    path: '/orphans',
    scope: 'agents:read',
    input: orphansInput,
    summary: 'List agents that nobody may be looking after',
    answers: { 200: pageOf(neglectedAnswer) },
    run: ({ ports, caller }, { limit, cursor, ...question }) => {
      const { organizationId } = caller;
      return readPage({ limit, cursor }, (page) =>
        ports.registry.findOrphans({ ...question, organizationId }, page),
      );
    },
    view: (page, call) => listed(page, call, viewNeglected),
  }),
];

function viewDeparted({ owner, reason, departedAt }: DepartedOwner) {
  return { owner, reason, departedAt: departedAt.toISOString() };
}

function viewNeglected({ agent, signs }: NeglectedAgent) {
  const { id, handle, name, state, owners, team, clientId } = agent;
  return {
    agent: { id, handle, name, state, owners, team, clientId },
    signs: signs.map(({ kind, detail, at }) => ({ kind, detail, at: at?.toISOString() ?? null })),
  };
}
