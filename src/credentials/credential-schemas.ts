import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { InputFault } from '../kernel/sealwright-error.ts';
import type { JsonObject } from '../protocol/strict-json.ts';
import type { CredentialType } from './credential.ts';

/**
 * The published JSON Schemas (2020-12), compiled once. What we sign is what they describe: every
 * payload is validated before it is recorded.
 */
export class CredentialSchemas {
  readonly #validators: ReadonlyMap<CredentialType, ValidateFunction>;

  constructor(schemas: Readonly<Record<CredentialType, JsonObject>>) {
    const ajv = new Ajv2020({ allErrors: true, strict: true, validateFormats: false });
    this.#validators = new Map(
      Object.entries(schemas).map(([type, schema]) => [
        type as CredentialType,
        ajv.compile(schema),
      ]),
    );
  }

  /** What in the payload departs from the schema of its type, by JSON Pointer; empty when nothing. */
  faultsOf(type: CredentialType, payload: JsonObject): readonly InputFault[] {
    const validate = this.#validators.get(type);
    if (validate === undefined) throw new TypeError(`There is no schema for ${type}.`);
    if (validate(payload)) return [];
    return (validate.errors ?? []).map((error) => ({
      pointer: error.instancePath,
      detail: error.message ?? error.keyword,
    }));
  }
}
