import { z } from 'zod';
import {
  type ImportedCredential,
  type ImportId,
  importFindingAt,
  type TrustedIssuer,
} from '../estate/imported-credential.ts';
import { created, noContent, ok } from './answer.ts';
import { pageOf } from './answer-schemas.ts';
import { importAnswer, trustedIssuerAnswer, wholeImportAnswer } from './credential-answers.ts';
import { noInput } from './input.ts';
import { type Call, type Route, route } from './route.ts';

const importInput = z.strictObject({ jwt: z.string(), reason: z.string().default('imported') });
const trustInput = z.strictObject({ issuer: z.string(), credentialTypes: z.array(z.string()) });

/** The calls about outside issuers, and about what they say of our agents. */
export const importRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/trusted-issuers',
    scope: 'org:admin',
    input: trustInput,
    summary: 'Trust an outside issuer for types of credential',
    answers: { 201: trustedIssuerAnswer },
    run: ({ ports, caller }, input) => ports.registry.trustIssuer({ ...caller, ...input }),
    view: (trusted, call) =>
      created(`${call.path}/${encodeURIComponent(trusted.issuer)}`, viewTrusted(trusted)),
  }),
  route({
    method: 'GET',
    path: '/trusted-issuers',
    scope: 'agents:read',
    input: noInput,
    summary: 'List outside issuers that are trusted',
    answers: { 200: pageOf(trustedIssuerAnswer) },
    run: ({ ports, caller }) => ports.registry.listTrustedIssuers(caller),
    view: (trusted) => ok({ data: trusted.map(viewTrusted), next: null }),
  }),
  route({
    method: 'DELETE',
    path: '/trusted-issuers/:target',
    scope: 'org:admin',
    input: noInput,
    summary: 'Trust an outside issuer no longer',
    answers: { 204: null },
    refuses: ['issuer-not-trusted'],
    run: ({ ports, caller, target }) =>
      ports.registry.distrustIssuer({ ...caller, issuer: target }),
    view: noContent,
  }),
  route({
    method: 'POST',
    path: '/agents/:target/credentials/import',
    scope: 'credentials:issue',
    input: importInput,
    summary: 'Import what an outside issuer says of an agent',
    answers: { 201: wholeImportAnswer },
    refuses: ['agent-not-found', 'agent-wrong-state', 'import-refused', 'import-undetermined'],
    run: ({ ports, caller, target }, input) =>
      ports.registry.importCredential({ ...caller, handle: target, ...input }),
    view: (imported, call) =>
      created(`/api/v1/imports/${imported.id}`, viewWholeImport(imported, call)),
  }),
  route({
    method: 'GET',
    path: '/agents/:target/imports',
    scope: 'agents:read',
    input: noInput,
    summary: 'List what was imported about an agent',
    answers: { 200: pageOf(importAnswer) },
    refuses: ['agent-not-found'],
    run: ({ ports, caller, target }) => ports.registry.listImports({ ...caller, handle: target }),
    view: (imports, call) =>
      ok({ data: imports.map((imported) => viewImport(imported, call)), next: null }),
  }),
  route({
    method: 'GET',
    path: '/imports/:target',
    scope: 'agents:read',
    input: noInput,
    summary: 'Read an imported credential',
    answers: { 200: wholeImportAnswer },
    refuses: ['import-not-found'],
    run: (call) => call.ports.registry.findImport(importOf(call)),
    view: (imported, call) => ok(viewWholeImport(imported, call)),
  }),
  route({
    method: 'DELETE',
    path: '/imports/:target',
    scope: 'credentials:issue',
    input: noInput,
    summary: 'Remove an imported credential',
    answers: { 204: null },
    refuses: ['import-not-found'],
    run: (call) => call.ports.registry.removeImport(importOf(call)),
    view: noContent,
  }),
];

function importOf({ caller, target }: Call) {
  return { ...caller, id: target as ImportId };
}

function viewTrusted({ issuer, credentialTypes, createdAt }: TrustedIssuer) {
  return { issuer, credentialTypes, createdAt: createdAt.toISOString() };
}

function viewImport(imported: ImportedCredential, { ports }: Call) {
  const { id, issuer, types, sha256, reason } = imported;
  const { state, cause } = importFindingAt(imported, ports.clock.now());
  return {
    ...{ id, origin: 'imported', issuer, types, state, cause },
    checkedAt: imported.checkedAt.toISOString(),
    validFrom: imported.validFrom.toISOString(),
    validUntil: imported.validUntil.toISOString(),
    importedAt: imported.importedAt.toISOString(),
    ...{ reason, sha256 },
  };
}

/** With the subject as it was signed, and the octets as they came. */
function viewWholeImport(imported: ImportedCredential, call: Call) {
  const { claims, jwt } = imported;
  return { ...viewImport(imported, call), claims, jwt };
}
