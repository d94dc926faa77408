import type { CredentialSchemas } from '../credentials/credential-schemas.ts';
import type { CustomTypeReader } from '../credentials/custom-type-store.ts';
import { isFacetType } from '../credentials/facet-draft.ts';
import { OfferedTypes } from '../credentials/offered-types.ts';
import type { OrganizationId } from '../organizations/organization.ts';

/** Where an organization's own types are found, and what holds claims against them. */
export interface OfferTypesDeps {
  readonly customTypes: CustomTypeReader;
  readonly schemas: CredentialSchemas;
}

/** The types of an organization that these orders name, beside ours. */
export async function offerTypes(
  { customTypes, schemas }: OfferTypesDeps,
  organizationId: OrganizationId,
  orders: readonly { readonly type: string }[],
): Promise<OfferedTypes> {
  const names = orders.map(({ type }) => type).filter((type) => !isFacetType(type));
  const own = names.length === 0 ? [] : await customTypes.findNewest(organizationId, names);
  return new OfferedTypes(schemas, own);
}
