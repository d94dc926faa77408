import { z } from 'zod';
import type { CustomType } from '../credentials/custom-type.ts';
import { created, listed, ok } from './answer.ts';
import { anyJson, noInput } from './input.ts';
import { pageMembers, readPage } from './page.ts';
import { type Route, route } from './route.ts';

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
    scope: 'org:admin',
    input: schemaInput,
    run: ({ ports, caller }, input) => ports.registry.registerSchema({ ...caller, ...input }),
    view: (type, call) => created(`${call.path}/${type.name}`, viewWholeType(type)),
  }),
  route({
    method: 'GET',
    path: '/schemas',
    scope: 'agents:read',
    input: z.strictObject(pageMembers),
    run: ({ ports, caller }, input) =>
      readPage(input, (page) => ports.registry.listSchemas(caller.organizationId, page)),
    view: (page, call) => listed(page, call, viewType),
  }),
  route({
    method: 'GET',
    path: '/schemas/:target',
    scope: 'agents:read',
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
