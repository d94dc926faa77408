import { isJsonObject, parseStrictJsonObject } from '../protocol/strict-json.ts';
import type { AuditRecord } from './audit-event.ts';

/** Who acted, as it was recorded: a kind of actor that this release does not know stays readable. */
export interface RecordedActor {
  readonly kind: string;
  readonly id: string;
}

/** Who acted, as the hashed body says it; null when it does not say. */
export function readActor({ body }: Pick<AuditRecord, 'body'>): RecordedActor | null {
  const parsed = parseStrictJsonObject(body);
  const actor = parsed.ok ? parsed.value['actor'] : undefined;
  if (!isJsonObject(actor)) return null;
  const { kind, id } = actor;
  return typeof kind === 'string' && typeof id === 'string' ? { kind, id } : null;
}
