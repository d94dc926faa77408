/** scope-token = 1*( %x21 / %x23-5B / %x5D-7E ) (RFC 6749 §3.3). */
export const scopeTokenPattern = /^[!#-[\]-~]+$/;

/** Whether a text is one OAuth scope token (RFC 6749 §3.3): printable ASCII but space, `"` and `\`. */
export function isScopeToken(text: string): boolean {
  return scopeTokenPattern.test(text);
}

/** One thing that an agent may do, as the allowed-actions credential states it. */
export interface ScopedAction {
  readonly action: string;
  readonly resource: string;
}

/** The scope token of an action: `read` on `logs/production` is `read:logs/production`. */
export function scopeOf(permitted: ScopedAction): string {
  return `${permitted.action}:${permitted.resource}`;
}

/**
 * The distinct tokens of a `scope` parameter in their order. What is not a scope token stays in the
 * list: it equals no permitted scope, so that it ends up withheld instead of forgotten.
 */
export function parseScope(text: string): readonly string[] {
  return [...new Set(text.split(' ').filter((token) => token !== ''))];
}
