import type { CustomType } from '../credentials/custom-type.ts';
import type { CustomTypeReader } from '../credentials/custom-type-store.ts';
import {
  type CustomTypeOrder,
  mostCustomTypes,
  type RegisterCustomTypeDeps,
  registerCustomType,
} from '../credentials/register-custom-type.ts';
import type { PageRequest } from '../kernel/page.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { IssuerDirectory } from '../keys/issuer.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type { Caller } from './registry.ts';

/** A credential type to define, in the caller's organization. */
export interface RegisterSchemaInput
  extends Caller,
    Pick<CustomTypeOrder, 'name' | 'schema' | 'description'> {}

/** The credential types that an organization defines itself. */
export interface SchemaCases {
  /** Registers and publishes the next version. */
  registerSchema(input: RegisterSchemaInput): Promise<CustomType>;
  /** All versions of a type, newest first; throws `schema-not-found` when there is none. */
  findSchema(input: Caller & { readonly name: string }): Promise<readonly CustomType[]>;
  /** The newest version of each type. */
  listSchemas(organizationId: OrganizationId, page: PageRequest): Promise<readonly CustomType[]>;
  /** What credentials of these types have in `type`, in alphabetical order. */
  listCredentialTypes(caller: Caller): Promise<readonly string[]>;
}

/** What the cases about credential types need together. */
export interface SchemaCasesDeps extends RegisterCustomTypeDeps {
  readonly issuers: IssuerDirectory;
  readonly customTypes: CustomTypeReader;
}

/** Binds the cases to their ports. */
export function bindSchemaCases(deps: SchemaCasesDeps): SchemaCases {
  return {
    registerSchema: async (input) => {
      const { organization } = await deps.issuers.find(input.organizationId);
      return registerCustomType(deps, { ...input, organization });
    },
    findSchema: async ({ organizationId, name }) => {
      const versions = await deps.customTypes.listVersions(organizationId, name);
      if (versions.length > 0) return versions;
      throw new SealwrightError('schema-not-found', 'There is no credential type of this name.');
    },
    listSchemas: (organizationId, page) => deps.customTypes.list(organizationId, page),
    listCredentialTypes: async ({ organizationId }) => {
      const types = await deps.customTypes.list(organizationId, { limit: mostCustomTypes });
      return types.map(({ credentialType }) => credentialType).sort();
    },
  };
}
