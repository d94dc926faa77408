import type { Brand } from '../kernel/brand.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { Organization, OrganizationId } from '../organizations/organization.ts';
import { facetCredentialTypes, facetTypes } from '../protocol/facet.ts';
import { isJsonObject, type JsonObject } from '../protocol/strict-json.ts';
import { cacheControls, type DocumentDraft, pathOf } from '../publication/public-document.ts';

/** One version of an organization's own credential type by its id, `sch_…`. */
export type CustomTypeId = Brand<'CustomTypeId'>;

/** The name of an organization's own credential type, such as `security-clearance`. */
export type CustomTypeName = Brand<'CustomTypeName'>;

/** One version of a credential type that an organization defined. It never changes. */
export interface CustomType {
  readonly id: CustomTypeId;
  readonly organizationId: OrganizationId;
  readonly name: CustomTypeName;
  /** From 1 on, without a gap. */
  readonly version: number;
  /** Its `type` in credentials, such as `SecurityClearanceCredential`; the same for all versions. */
  readonly credentialType: string;
  readonly description: string | null;
  /** The JSON Schema of the claims, as it was registered. */
  readonly schema: JsonObject;
  /** Where the schema of whole credentials is published; `credentialSchema.id` of each. */
  readonly url: string;
  /** The schema of whole credentials, as it is published. */
  readonly document: JsonObject;
  readonly createdAt: Date;
}

const longestName = 40;
// A digit never follows a hyphen: two names then never have one type.
const namePattern = /^[a-z][a-z0-9]*(?:-[a-z][a-z0-9]*)*$/;

/** Names with this beginning are those of our own schemas, which may be served beside them. */
const ownPrefix = 'agent-';

const reservedNames: ReadonlySet<string> = new Set(['passport', 'agent', ...facetTypes]);

/** Types that already mean something, to us or to the standards. */
const reservedTypes: ReadonlySet<string> = new Set([
  'AgentAuthorizationCredential',
  'McpServerCredential',
  ...Object.values(facetCredentialTypes),
  // VCDM-2.0 §4.5 and §4.13, BSL §2.2, and the credential form of VC JSON Schema §2.2.
  'VerifiableCredential',
  'EnvelopedVerifiableCredential',
  'BitstringStatusListCredential',
  'StatusList2021Credential',
  'JsonSchemaCredential',
]);

/** Reads the name of a new type; throws `invalid-input` for one that is ill formed or taken by others. */
export function customTypeNameOf(text: string): CustomTypeName {
  if (!isNameLike(text)) {
    const form = 'words of a-z and 0-9 that begin with a letter, with single hyphens between';
    throw refuse(`use 1 to ${longestName} characters: ${form}`);
  }
  if (isCustomTypeName(text)) return text;
  throw refuse('is reserved: this name means something else already');
}

/** Whether an organization may define a type of this name. */
export function isCustomTypeName(text: string): text is CustomTypeName {
  const isTaken = reservedNames.has(text) || text.startsWith(ownPrefix);
  return isNameLike(text) && !isTaken && !reservedTypes.has(credentialTypeOf(text));
}

function isNameLike(text: string): boolean {
  return namePattern.test(text) && text.length <= longestName;
}

/** The `type` of credentials by the name of their type: `security-clearance` has `SecurityClearanceCredential`. */
export function credentialTypeOf(name: string): string {
  const words = name.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `${words.join('')}Credential`;
}

/** Where a version of a type is published. */
export function customSchemaUrl(
  { baseUrl }: Pick<Organization, 'baseUrl'>,
  { name, version }: Pick<CustomType, 'name' | 'version'>,
): string {
  return `${baseUrl}/schemas/${name}.v${version}.json`;
}

/** The published schema of a type; its octets never change. */
export function draftCustomSchema({ url, document }: CustomType): DocumentDraft {
  return {
    path: pathOf(url),
    mediaType: 'application/schema+json',
    body: new TextEncoder().encode(`${JSON.stringify(document, null, 2)}\n`),
    cacheControl: cacheControls.immutable,
    expiresAt: null,
    link: null,
    keepsVersions: true,
  };
}

/**
 * The version of the organization's own type that a facet was issued under, as it says itself; null
 * for a facet of ours. What it says again later, it says under the same one.
 */
export function schemaVersionOf(facet: { readonly type: string; readonly payload: string }) {
  if (facetTypes.some((known) => known === facet.type)) return null;
  const { credentialSchema } = JSON.parse(facet.payload) as JsonObject;
  const id = isJsonObject(credentialSchema) ? String(credentialSchema['id']) : '';
  return Number(/\.v(\d+)\.json$/.exec(id)?.[1] ?? 1);
}

function refuse(detail: string): SealwrightError {
  return new SealwrightError('invalid-input', 'The credential type has no usable name.', {
    faults: [{ pointer: '/name', detail }],
  });
}
