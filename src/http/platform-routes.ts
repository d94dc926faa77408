import { z } from 'zod';
import { created, listed } from './answer.ts';
import { pageOf } from './answer-schemas.ts';
import { newOrganizationAnswer, organizationAnswer } from './organization-answers.ts';
import { viewOrganization } from './organization-routes.ts';
import { pageMembers, readPage } from './page.ts';
import { type Route, route } from './route.ts';

const newOrganizationInput = z.strictObject({
  name: z.string(),
  contact: z.string(),
  path: z
    .string()
    .meta({ description: 'Its base URL is `{origin}/o/{path}`. Exactly one of path and baseUrl.' })
    .optional(),
  baseUrl: z
    .string()
    .meta({ description: 'An origin of its own. Exactly one of path and baseUrl.' })
    .optional(),
});

/** The calls about all organizations of the installation: for platform tokens alone. */
export const platformRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/organizations',
    scope: 'org:admin',
    forPlatform: true,
    input: newOrganizationInput,
    summary: 'Create an organization, with a first token (platform tokens only)',
    answers: { 201: newOrganizationAnswer },
    refuses: ['base-url-taken'],
    run: ({ ports, caller }, input) => ports.registry.foundOrganization({ ...caller, ...input }),
    view: ({ organization, text }) =>
      created('/api/v1/organization', { ...viewOrganization(organization), token: text }),
  }),
  route({
    method: 'GET',
    path: '/organizations',
    scope: 'org:admin',
    forPlatform: true,
    input: z.strictObject(pageMembers),
    summary: 'List all organizations (platform tokens only)',
    answers: { 200: pageOf(organizationAnswer) },
    run: ({ ports }, page) => readPage(page, (asked) => ports.registry.listOrganizations(asked)),
    view: (page, call) => listed(page, call, viewOrganization),
  }),
];
