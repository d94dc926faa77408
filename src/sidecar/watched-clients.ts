import { parseClientId } from '../protocol/client-id.ts';
import { accepted, type Parsed, pointerTo, refused, refusedAll } from '../protocol/parsed.ts';
import { maxWatched } from './allow-list.ts';

/** Reads the client_ids that an allow-list watches: a list of texts. */
export function parseWatchedClients(input: unknown): Parsed<readonly string[]> {
  if (!Array.isArray(input) || input.length > maxWatched) {
    return refused('', 'watched', `must be a list of at most ${maxWatched} client_ids`);
  }
  const items: readonly unknown[] = input;
  const clientIds = items.filter((item) => typeof item === 'string');
  const faults = items.flatMap((item, index) =>
    parseClientId(item, { allowLoopback: true }).ok
      ? []
      : [{ pointer: pointerTo(index), rule: 'watched', detail: 'must be a client_id' }],
  );
  return faults.length === 0 ? accepted(clientIds) : refusedAll(faults);
}
