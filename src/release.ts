import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CredentialSchemas } from './credentials/credential-schemas.ts';
import { problemPages } from './http/problem-pages.ts';
import type { Clock } from './kernel/clock.ts';
import type { UnitOfWork } from './kernel/unit-of-work.ts';
import { facetSchemas } from './protocol/facet.ts';
import { passportSchema } from './protocol/passport.ts';
import { type JsonObject, parseStrictJsonObject } from './protocol/strict-json.ts';
import {
  cacheControls,
  type DocumentDraft,
  type DocumentMediaType,
  draftPage,
} from './publication/public-document.ts';
import type { PublicDocumentStore } from './publication/public-document-store.ts';
import { publishDocuments } from './publication/publish-documents.ts';

const credentialSchemaFiles = { passport: passportSchema, ...facetSchemas };

/** Documents that come with the release: schemas, the JSON-LD context, the pages of problems. */
export async function publishStandingDocuments(
  deps: {
    readonly work: UnitOfWork<{ readonly documents: PublicDocumentStore }>;
    readonly clock: Clock;
  },
  origin: string,
): Promise<void> {
  const schemas = Object.values(credentialSchemaFiles).map((name) =>
    draftFile(`/schemas/${name}`, 'application/schema+json', readAsset(`schemas/${name}`)),
  );
  const context = draftFile(
    '/contexts/agent-v1.jsonld',
    'application/ld+json',
    readAsset('public/contexts/agent-v1.jsonld'),
  );
  const pages = problemPages().map(({ path, html }) => draftPage(origin + path, html));
  const drafts = [...schemas, context, ...pages];
  await deps.work.run((stores) => publishDocuments(stores, { drafts, at: deps.clock.now() }));
}

function draftFile(path: string, mediaType: DocumentMediaType, body: Uint8Array): DocumentDraft {
  return {
    path,
    mediaType,
    body,
    cacheControl: cacheControls.immutable,
    expiresAt: null,
    link: null,
    keepsVersions: true,
  };
}

function readAsset(path: string): Uint8Array {
  return readFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)));
}

/** The schemas of our own credential types, as they are published. */
export function readCredentialSchemas(): CredentialSchemas {
  const { passport, compliance, provenance } = credentialSchemaFiles;
  return new CredentialSchemas({
    passport: readSchema(passport),
    compliance: readSchema(compliance),
    provenance: readSchema(provenance),
    'allowed-actions': readSchema(credentialSchemaFiles['allowed-actions']),
  });
}

function readSchema(name: string): JsonObject {
  const parsed = parseStrictJsonObject(readAsset(`schemas/${name}`));
  if (!parsed.ok) throw new TypeError(`schemas/${name} is not a JSON object.`);
  return parsed.value;
}
