import { z } from 'zod';
import { isPlainLine } from '../kernel/plain-line.ts';
import { type ApiToken, type TokenId, tokenScopes } from '../organizations/api-token.ts';
import type { Organization } from '../organizations/organization.ts';
import { created, noContent, ok } from './answer.ts';
import { pageOf } from './answer-schemas.ts';
import { moment, noInput } from './input.ts';
import { newTokenAnswer, organizationAnswer, tokenAnswer } from './organization-answers.ts';
import { type Route, route } from './route.ts';

const tokenInput = z.strictObject({
  name: z.string().trim().min(1).max(120).refine(isPlainLine, 'must not hold control characters'),
  scopes: z.array(z.enum(tokenScopes)).min(1),
  expiresAt: moment.nullable().default(null),
  team: z.string().min(1).max(60).nullable().default(null),
  agent: z.string().nullable().default(null),
});

const organizationInput = z.strictObject({
  name: z.string().optional(),
  contact: z.string().optional(),
});

/** The calls about the caller's organization and its tokens. */
export const organizationRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/organization',
    scope: null,
    servesNarrowTokens: true,
    input: noInput,
    summary: 'Read the organization of the token',
    answers: { 200: organizationAnswer },
    refuses: ['organization-not-found'],
    run: ({ ports, caller }) => ports.registry.findOrganization(caller),
    view: (organization) => ok(viewOrganization(organization)),
  }),
  route({
    method: 'PATCH',
    path: '/organization',
    scope: 'org:admin',
    input: organizationInput,
    summary: 'Change the name or the contact of the organization',
    answers: { 200: organizationAnswer },
    refuses: ['organization-not-found'],
    run: ({ ports, caller }, changes) =>
      ports.registry.updateOrganization({ ...caller, ...changes }),
    view: (organization) => ok(viewOrganization(organization)),
  }),
  route({
    method: 'POST',
    path: '/tokens',
    scope: 'org:admin',
    input: tokenInput,
    summary: 'Create a token',
    answers: { 201: newTokenAnswer },
    refuses: ['agent-not-found'],
    run: ({ ports, caller }, input) =>
      ports.registry.createToken({ ...caller, ...input, scopes: [...new Set(input.scopes)] }),
    view: ({ token, text }, call) =>
      created(`${call.path}/${token.id}`, { ...viewToken(token), token: text }),
  }),
  route({
    method: 'GET',
    path: '/tokens',
    scope: 'org:admin',
    input: noInput,
    summary: 'List tokens, without their texts',
    answers: { 200: pageOf(tokenAnswer) },
    run: ({ ports, caller }) => ports.registry.listTokens(caller),
    view: (tokens) => ok({ data: tokens.map(viewToken), next: null }),
  }),
  route({
    method: 'DELETE',
    path: '/tokens/:target',
    scope: 'org:admin',
    input: noInput,
    summary: 'Revoke a token',
    answers: { 204: null },
    refuses: ['token-not-found'],
    run: ({ ports, caller, target }) =>
      ports.registry.revokeToken({ ...caller, id: target as TokenId }),
    view: noContent,
  }),
];

/** An organization as everybody in it may see it. */
export function viewOrganization({ id, name, did, baseUrl, contact, createdAt }: Organization) {
  return { id, name, did, baseUrl, contact, createdAt: createdAt.toISOString() };
}

/** A token without its text, which was shown once, and without its hash. */
function viewToken(token: ApiToken) {
  return {
    id: token.id,
    name: token.name,
    scopes: token.scopes,
    team: token.team,
    agent: token.agentId,
    createdAt: token.createdAt.toISOString(),
    expiresAt: token.expiresAt?.toISOString() ?? null,
    revokedAt: token.revokedAt?.toISOString() ?? null,
  };
}
