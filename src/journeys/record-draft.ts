import type { CredentialRecord } from '../credentials/credential.ts';
import type { CustomType } from '../credentials/custom-type.ts';
import type { CustomTypeReader } from '../credentials/custom-type-store.ts';
import type { FacetDraft } from '../credentials/facet-draft.ts';
import {
  type RecordContext,
  recordFacet,
  recordOwnFacet,
} from '../credentials/record-credential.ts';
import type { OrganizationId } from '../organizations/organization.ts';

/** Versions of organizations' own types, by what `keyOf` makes of them. */
export type HeldTypes = ReadonlyMap<string, CustomType>;

/** Reads the organizations' own types that drafts are of, each in the version that its draft names. */
export async function holdTypes(
  { customTypes }: { readonly customTypes: CustomTypeReader },
  drafts: readonly { readonly organizationId: OrganizationId; readonly facet: FacetDraft }[],
): Promise<HeldTypes> {
  const held = new Map<string, CustomType>();
  for (const { organizationId, facet } of drafts) {
    const { type: name, schemaVersion } = facet;
    const key = keyOf(organizationId, facet);
    if (schemaVersion === null || held.has(key)) continue;
    const type = await customTypes.find(organizationId, name, schemaVersion);
    if (type === null) throw new TypeError(`There is no version ${schemaVersion} of ${name}.`);
    held.set(key, type);
  }
  return held;
}

/** Writes down the exact octets of a facet, whoever defined its type. */
export function recordDraft(
  context: RecordContext,
  draft: FacetDraft,
  types: HeldTypes,
): CredentialRecord {
  const type = types.get(keyOf(context.agent.organizationId, draft));
  return type === undefined ? recordFacet(context, draft) : recordOwnFacet(context, draft, type);
}

function keyOf(organizationId: OrganizationId, { type, schemaVersion }: FacetDraft): string {
  return `${organizationId} ${type} ${schemaVersion}`;
}
