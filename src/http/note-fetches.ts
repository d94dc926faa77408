import type { Sightings } from '../estate/sighting.ts';
import type { Clock } from '../kernel/clock.ts';
import type { DocumentSource } from './public-plane.ts';

const clientDocument = '/client.json';

/** The same documents; that a client document was read from us is noted on the way. */
export function noteFetches(
  documents: DocumentSource,
  order: { readonly seen: Sightings; readonly clock: Clock; readonly origin: string },
): DocumentSource {
  const { seen, clock, origin } = order;
  const note = (path: string): void => {
    if (!path.endsWith(clientDocument)) return;
    seen.noteFetch({ clientId: origin + path, at: clock.now() });
  };
  return {
    peek: (path) => {
      const document = documents.peek(path);
      if (document !== undefined) note(path);
      return document;
    },
    read: async (path) => {
      const document = await documents.read(path);
      if (document !== null) note(path);
      return document;
    },
  };
}
