import { type InputFault, SealwrightError } from '../kernel/sealwright-error.ts';
import { subjectMembers } from '../protocol/own-facet.ts';
import { pointerTo } from '../protocol/parsed.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../protocol/strict-json.ts';
import type { CredentialSchemas } from './credential-schemas.ts';
import type { CustomType } from './custom-type.ts';

const mostClaimBytes = 4_096;

/** The types beside ours that orders may name, each in its newest version. */
export class OfferedTypes {
  readonly #schemas: CredentialSchemas;
  readonly #types: ReadonlyMap<string, CustomType>;

  constructor(schemas: CredentialSchemas, types: readonly CustomType[]) {
    this.#schemas = schemas;
    this.#types = new Map(types.map((type) => [type.name, type]));
  }

  find(name: string): CustomType | undefined {
    return this.#types.get(name);
  }

  /** Reads the claims of a facet of such a type; `claims-invalid` names every offending place. */
  claimsOf(type: CustomType, claims: JsonValue): JsonObject {
    if (!isJsonObject(claims)) throw refuse([{ pointer: '', detail: 'must be an object' }]);
    if (Buffer.byteLength(JSON.stringify(claims)) > mostClaimBytes) {
      throw refuse([{ pointer: '', detail: `must have at most ${mostClaimBytes} octets` }]);
    }
    const faults = [...nameFaults(claims), ...this.#schemas.claimFaultsOf(type, claims)];
    if (faults.length === 0) return claims;
    throw refuse(faults);
  }
}

function nameFaults(claims: JsonObject): readonly InputFault[] {
  const taken = subjectMembers.filter((name) => Object.hasOwn(claims, name));
  return [
    ...taken.map((name) => ({ pointer: `/${name}`, detail: 'is said by the registry itself' })),
    ...keywordFaults(claims, ''),
  ];
}

/** Names that begin so are keywords of JSON-LD, and would change what the other claims mean. */
function keywordFaults(value: JsonValue, pointer: string): readonly InputFault[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    const place = `${pointer}${pointerTo(name)}`;
    const own = name.startsWith('@') ? [{ pointer: place, detail: 'must not begin with "@"' }] : [];
    return [...own, ...keywordFaults(member, place)];
  });
}

function refuse(faults: readonly InputFault[]): SealwrightError {
  return new SealwrightError('claims-invalid', 'The claims do not fit the credential type.', {
    faults: faults.map(({ pointer, detail }) => ({ pointer: `/claims${pointer}`, detail })),
  });
}
