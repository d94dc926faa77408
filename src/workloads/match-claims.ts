import { isJsonObject, type JsonObject, type JsonValue } from '../protocol/strict-json.ts';
import type { ClaimDemands } from './workload-rule.ts';

/** The name of the first claim that does not say what is demanded; undefined when all do. */
export function findUnfitClaim(claims: JsonObject, demands: ClaimDemands): string | undefined {
  return Object.keys(demands).find((name) => {
    const value = claimNamed(claims, name);
    return !(demands[name] ?? []).some((demanded) => claimFits(value, demanded));
  });
}

/**
 * Whether a claim says what is demanded. A text fits the same text, and nothing else: case counts. A
 * demand that ends in `/*` fits every longer text that begins with what stands before the `*`, so that
 * `acme/*` never fits `acme-evil/x`. A number or a boolean fits its JSON text, and a list fits when one
 * of its texts does.
 */
export function claimFits(value: JsonValue | undefined, demanded: string): boolean {
  if (typeof value === 'string') return textFits(value, demanded);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value) === demanded;
  return Array.isArray(value) && value.some((entry) => isText(entry) && textFits(entry, demanded));
}

/** The claim by its name, or by JSON Pointer for one inside another; own members only. */
export function claimNamed(claims: JsonObject, name: string): JsonValue | undefined {
  if (!name.startsWith('/')) return memberOf(claims, name);
  const path = name.slice(1).split('/');
  return path.reduce<JsonValue | undefined>(
    (value, part) => memberOf(value, part.replaceAll('~1', '/').replaceAll('~0', '~')),
    claims,
  );
}

function memberOf(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function isText(value: JsonValue): value is string {
  return typeof value === 'string';
}

function textFits(text: string, demanded: string): boolean {
  if (!demanded.endsWith('/*')) return text === demanded;
  const prefix = demanded.slice(0, -1);
  return text.length > prefix.length && text.startsWith(prefix);
}
