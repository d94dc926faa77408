import { z } from 'zod';
import type { CustomType } from '../credentials/custom-type.ts';
import { created, listed, ok } from './answer.ts';
import { pageOf } from './answer-schemas.ts';
import { anyJson, noInput } from './input.ts';
import { pageMembers, readPage } from './page.ts';
import { type Route, route } from './route.ts';
import {
  customTypeAnswer,
  customTypeVersionsAnswer,
  wholeCustomTypeAnswer,
} from './schema-answers.ts';

const schemaInput = z.strictObject({
  name: z.string(),
  schema: anyJson,
  description: z.string().optional(),
});

/** The calls about an organization's own credential types. A version is never changed or removed. */
export const schemaRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/schemas',
    summary: 'Register the next version of a credential type of your own',
    scope: 'org:admin',
    answers: { 201: wholeCustomTypeAnswer },
    input: schemaInput,
    run: ({ ports, caller }, input) => ports.registry.registerSchema({ ...caller, ...input }),
    view: (type, call) => created(`${call.path}/${type.name}`, viewWholeType(type)),
  }),
  route({
    method: 'GET',
    path: '/schemas',
    summary: 'List your credential types',
    scope: 'agents:read',
    answers: { 200: pageOf(customTypeAnswer) },
    input: z.strictObject(pageMembers),
    run: ({ ports, caller }, input) =>
      readPage(input, (page) => ports.registry.listSchemas(caller.organizationId, page)),
    view: (page, call) => listed(page, call, viewType),
  }),
  route({
    method: 'GET',
    path: '/schemas/:target',
    summary: 'Read a credential type with all its versions',
    scope: 'agents:read',
    answers: { 200: customTypeVersionsAnswer },
    refuses: ['schema-not-found'],
    input: noInput,
    run: ({ ports, caller, target }) => ports.registry.findSchema({ ...caller, name: target }),
    view: (versions) => ok(viewVersions(versions)),
  }),
];

function viewType({ id, name, version, credentialType, description, url, createdAt }: CustomType) {
  const type = credentialType;
  return { id, name, version, type, description, url, createdAt: createdAt.toISOString() };
}

function viewWholeType(type: CustomType) {
  return { ...viewType(type), schema: type.schema };
}

/** The newest version whole, and where all of them are published. */
function viewVersions(versions: readonly CustomType[]) {
  const [newest] = versions;
  if (newest === undefined) throw new TypeError('A type has at least one version.');
  return {
    ...viewWholeType(newest),
    versions: versions.map(({ version, url, createdAt }) => {
      return { version, url, createdAt: createdAt.toISOString() };
    }),
  };
}
