import type { Actor } from '../audit/audit-event.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import type { Clock } from '../kernel/clock.ts';
import { derivedId } from '../kernel/derived-id.ts';
import { newId } from '../kernel/new-id.ts';
import { type InputFault, SealwrightError } from '../kernel/sealwright-error.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { Organization } from '../organizations/organization.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../protocol/strict-json.ts';
import type { PublicDocumentStore } from '../publication/public-document-store.ts';
import { publishDocuments } from '../publication/publish-documents.ts';
import { compileCustomSchema } from './credential-schemas.ts';
import { buildCustomSchema, findSchemaFaults } from './custom-schema.ts';
import {
  type CustomType,
  credentialTypeOf,
  customSchemaUrl,
  customTypeNameOf,
  draftCustomSchema,
} from './custom-type.ts';
import type { CustomTypeStore } from './custom-type-store.ts';

/** Types that an organization may define. */
export const mostCustomTypes = 200;
const mostVersions = 200;
const longestDescription = 500;

/** Where versions of types are kept, published and audited. */
export interface RegisterCustomTypeDeps {
  readonly work: UnitOfWork<{
    readonly customTypes: CustomTypeStore;
    readonly documents: PublicDocumentStore;
    readonly audit: AuditTrail;
  }>;
  readonly clock: Clock;
}

/** A credential type as somebody defines it. */
export interface CustomTypeOrder {
  readonly organization: Organization;
  readonly actor: Actor;
  readonly name: string;
  /** The JSON Schema (2020-12) of the claims. */
  readonly schema: JsonValue;
  readonly description?: string | undefined;
  /** Set for a call that may be sent again. */
  readonly requestId?: string | undefined;
}

/**
 * Registers the next version of an organization's own credential type and publishes its schema for
 * ever; the versions before it stay as they are. Throws `invalid-input` for a name or a schema that
 * is not taken, with pointers to every place.
 */
export async function registerCustomType(
  { work, clock }: RegisterCustomTypeDeps,
  order: CustomTypeOrder,
): Promise<CustomType> {
  const { organization, requestId } = order;
  const organizationId = organization.id;
  const name = customTypeNameOf(order.name);
  const schema = schemaOf(order.schema);
  const description = descriptionOf(order.description);
  const credentialType = credentialTypeOf(name);
  checkCompiles(schema, credentialType);
  const at = clock.now();
  const id = requestId === undefined ? newId('sch', at) : derivedId('sch', requestId, 0);
  return work.run(async (stores) => {
    const versions = await stores.customTypes.listVersions(organizationId, name);
    const earlier = versions.find((version) => version.id === id);
    if (earlier !== undefined) return earlier;
    await checkRoom(stores.customTypes, { organizationId, versions });
    const version = (versions[0]?.version ?? 0) + 1;
    const url = customSchemaUrl(organization, { name, version });
    const document = buildCustomSchema({ url, credentialType, description, schema });
    const type: CustomType = {
      ...{ id: id as CustomType['id'], organizationId, name, version, credentialType },
      ...{ description, schema, url, document, createdAt: at },
    };
    await stores.customTypes.insert(type);
    await publishDocuments(stores, { drafts: [draftCustomSchema(type)], at });
    const details = { name, version, type: credentialType, url };
    const event = { organizationId, actor: order.actor, subject: id, reason: null, details };
    await stores.audit.append([{ ...event, action: 'schema.registered' }]);
    return type;
  });
}

async function checkRoom(
  customTypes: CustomTypeStore,
  there: Pick<CustomType, 'organizationId'> & { readonly versions: readonly CustomType[] },
): Promise<void> {
  const { organizationId, versions } = there;
  const types =
    versions.length > 0 ? [] : await customTypes.list(organizationId, { limit: mostCustomTypes });
  if (versions.length < mostVersions && types.length < mostCustomTypes) return;
  const detail = `is one too many: there may be ${mostCustomTypes} types of ${mostVersions} versions`;
  throw refuse([{ pointer: '/name', detail }]);
}

function schemaOf(schema: JsonValue): JsonObject {
  if (!isJsonObject(schema)) throw refuse([{ pointer: '/schema', detail: 'must be an object' }]);
  const faults = findSchemaFaults(schema);
  if (faults.length === 0) return schema;
  throw refuse(faults.map(({ pointer, detail }) => ({ pointer: `/schema${pointer}`, detail })));
}

/** The dialect's own schema judges the values of the keywords, whatever the version will be. */
function checkCompiles(schema: JsonObject, credentialType: string): void {
  const url = 'urn:sealwright:schema';
  try {
    compileCustomSchema(buildCustomSchema({ url, credentialType, description: null, schema }));
  } catch (cause) {
    throw new SealwrightError('invalid-input', 'The schema is not usable.', {
      faults: [
        {
          pointer: '/schema',
          detail: 'is no JSON Schema: a keyword has a value that it cannot have',
        },
      ],
      cause,
    });
  }
}

function descriptionOf(text: string | undefined): string | null {
  if (text === undefined || (text !== '' && text.length <= longestDescription)) return text ?? null;
  throw refuse([
    { pointer: '/description', detail: `must have 1 to ${longestDescription} characters` },
  ]);
}

function refuse(faults: readonly InputFault[]): SealwrightError {
  return new SealwrightError('invalid-input', 'The credential type is not usable.', { faults });
}
