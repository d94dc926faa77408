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
  const { protocol } = new URL(origin);
  const note = (path: string): void => {
    if (!path.endsWith(clientDocument)) return;
    // What another host serves has that host in front of its path.
    const start = path.startsWith('//') ? protocol : origin;
    seen.noteFetch({ clientId: start + path, at: clock.now() });
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
