import {
  accepted,
  type Fault,
  type Parsed,
  pointerTo,
  refused,
  refusedAll,
} from '../protocol/parsed.ts';

/** From the name that a product has for a client to the client_id that its papers are about. */
export type ClientIds = ReadonlyMap<string, string>;

/**
 * Reads the table for products that give their clients names of their own: an object of texts. What
 * the client_ids are worth is for the verifier to judge.
 */
export function parseClientIds(input: unknown): Parsed<ClientIds> {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return refused('', 'client-ids', 'must be an object from names of clients to client_ids');
  }
  const faults: Fault[] = [];
  const table = new Map<string, string>();
  for (const [name, value] of Object.entries(input)) {
    if (typeof value === 'string' && value !== '') table.set(name, value);
    else
      faults.push({ pointer: pointerTo(name), rule: 'client-ids', detail: 'must be a client_id' });
  }
  return faults.length === 0 ? accepted(table) : refusedAll(faults);
}
