import { z } from 'zod';
import type { Template } from '../enrolments/template.ts';
import { agentMembers, kind } from './agent-input.ts';
import { created, listed, noContent, ok } from './answer.ts';
import { pageOf } from './answer-schemas.ts';
import { templateAnswer } from './enrolment-answers.ts';
import { anyJson, noInput } from './input.ts';
import { pageMembers, readPage } from './page.ts';
import { type Call, type Route, route } from './route.ts';

const { team, tags, redirectUris, grantTypes, profiles } = agentMembers;

const content = {
  kind: kind.nullable(),
  defaults: z.strictObject({
    ...{ team, tags, redirectUris, grantTypes, profiles },
    owners: z.array(z.string()).optional(),
    keyCustody: z.enum(['issued', 'registry']).optional(),
    expiresIn: z.string().optional(),
  }),
  credentials: z.array(
    z.strictObject({
      type: z.string(),
      claims: anyJson,
      reason: z.string(),
      visibility: z.enum(['public', 'on-request']).optional(),
      validFor: z.string().optional(),
    }),
  ),
  approval: z.boolean(),
} as const;

const templateInput = z.strictObject({
  name: z.string(),
  kind: content.kind.default(null),
  defaults: content.defaults.default({}),
  credentials: content.credentials.default([]),
  approval: content.approval.default(false),
});

const changesInput = z.strictObject({
  kind: content.kind.optional(),
  defaults: content.defaults.optional(),
  credentials: content.credentials.optional(),
  approval: content.approval.optional(),
});

/**
 * The calls about templates. Writing one takes an administrator: whoever onboards by it has its
 * credentials issued without the scope to issue any.
 */
export const templateRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/templates',
    scope: 'org:admin',
    input: templateInput,
    summary: 'Create a template',
    answers: { 201: templateAnswer },
    refuses: ['template-name-taken', 'credential-type-unknown', 'claims-invalid'],
    run: ({ ports, caller }, input) => ports.registry.createTemplate({ ...caller, ...input }),
    view: (template, call) => created(`${call.path}/${template.name}`, viewTemplate(template)),
  }),
  route({
    method: 'GET',
    path: '/templates',
    scope: 'agents:read',
    input: z.strictObject(pageMembers),
    summary: 'List templates',
    answers: { 200: pageOf(templateAnswer) },
    run: ({ ports, caller }, input) =>
      readPage(input, (page) => ports.registry.listTemplates(caller.organizationId, page)),
    view: (page, call) => listed(page, call, viewTemplate),
  }),
  route({
    method: 'GET',
    path: '/templates/:target',
    scope: 'agents:read',
    input: noInput,
    summary: 'Read a template',
    answers: { 200: templateAnswer },
    refuses: ['template-not-found'],
    run: (call) => call.ports.registry.findTemplate(templateOf(call)),
    view: (template) => ok(viewTemplate(template)),
  }),
  route({
    method: 'PATCH',
    path: '/templates/:target',
    scope: 'org:admin',
    input: changesInput,
    summary: 'Change a template',
    answers: { 200: templateAnswer },
    refuses: ['template-not-found', 'credential-type-unknown', 'claims-invalid'],
    run: (call, changes) => call.ports.registry.updateTemplate({ ...templateOf(call), changes }),
    view: (template) => ok(viewTemplate(template)),
  }),
  route({
    method: 'DELETE',
    path: '/templates/:target',
    scope: 'org:admin',
    input: noInput,
    summary: 'Delete a template',
    answers: { 204: null },
    refuses: ['template-not-found'],
    run: (call) => call.ports.registry.deleteTemplate(templateOf(call)),
    view: noContent,
  }),
];

function templateOf(call: Call) {
  return { ...call.caller, name: call.target };
}

function viewTemplate(template: Template) {
  const { id, name, defaults, credentials, approval } = template;
  return {
    ...{ id, name, kind: template.kind, defaults, credentials, approval },
    createdAt: template.createdAt.toISOString(),
    updatedAt: template.updatedAt.toISOString(),
  };
}
