import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { InputFault } from '../kernel/sealwright-error.ts';
import type { FacetType } from '../protocol/facet.ts';
import type { JsonObject } from '../protocol/strict-json.ts';
import { BoundedPattern } from './custom-pattern.ts';
import type { CustomType, CustomTypeId } from './custom-type.ts';

/** Types whose schemas come with the release. */
type ReleasedType = 'passport' | FacetType;

/** Validators of organizations' own types that are held; the one longest unused goes first. */
const mostHeld = 64;
const subjectPointer = '/credentialSubject';

/**
 * The published JSON Schemas (2020-12), each compiled once. What we sign is what they describe: every
 * payload is validated before it is recorded.
 */
export class CredentialSchemas {
  readonly #validators: ReadonlyMap<string, ValidateFunction>;
  readonly #custom = new Map<CustomTypeId, ValidateFunction>();

  constructor(schemas: Readonly<Record<ReleasedType, JsonObject>>) {
    const ajv = new Ajv2020({ allErrors: true, strict: true, validateFormats: false });
    this.#validators = new Map(
      Object.entries(schemas).map(([type, schema]) => [type, ajv.compile(schema)]),
    );
  }

  /** What in the payload departs from the schema of its type, by JSON Pointer; empty when nothing. */
  faultsOf(type: ReleasedType, payload: JsonObject): readonly InputFault[] {
    const validate = this.#validators.get(type);
    if (validate === undefined) throw new TypeError(`There is no schema for ${type}.`);
    return faultsBy(validate, payload);
  }

  /** The same for a payload of an organization's own type. */
  customFaultsOf(type: CustomType, payload: JsonObject): readonly InputFault[] {
    return faultsBy(this.#validatorOf(type), payload);
  }

  /** What in claims departs from their type, by JSON Pointer into them, before there is a payload. */
  claimFaultsOf(type: CustomType, claims: JsonObject): readonly InputFault[] {
    const subject = { ...claims, id: '', did: '', name: '' };
    const payload = { type: [type.credentialType], credentialSubject: subject };
    return this.customFaultsOf(type, payload).map(({ pointer, detail }) => ({
      pointer: pointer.slice(subjectPointer.length),
      detail,
    }));
  }

  #validatorOf(type: CustomType): ValidateFunction {
    const held = this.#custom.get(type.id);
    this.#custom.delete(type.id);
    const validate = held ?? compileCustomSchema(type.document);
    this.#custom.set(type.id, validate);
    const [oldest] = this.#custom.keys();
    if (this.#custom.size > mostHeld && oldest !== undefined) this.#custom.delete(oldest);
    return validate;
  }
}

/**
 * Compiles the schema of an organization's own type, as buildCustomSchema makes it; throws when the
 * value of a keyword is not what JSON Schema has there. It stops at the first fault of a payload.
 */
export function compileCustomSchema(document: JsonObject): ValidateFunction {
  const compilePattern = (pattern: string, flags: string) => new BoundedPattern(pattern, flags);
  const ajv = new Ajv2020({
    strictSchema: true,
    strictTypes: false,
    strictTuples: false,
    validateFormats: false,
    ownProperties: true,
    inlineRefs: false,
    logger: false,
    code: { regExp: Object.assign(compilePattern, { code: 'new RegExp' }) },
  });
  return ajv.compile(document);
}

function faultsBy(validate: ValidateFunction, payload: JsonObject): readonly InputFault[] {
  if (validate(payload)) return [];
  return (validate.errors ?? []).map((error) => ({
    pointer: error.instancePath,
    detail: error.message ?? error.keyword,
  }));
}
