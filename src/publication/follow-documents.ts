import type { DocumentMemory } from './document-memory.ts';
import type { HeldVersion, PublicDocumentReader } from './public-document-store.ts';

/** How many looks it takes until every document was compared with the store. */
const looksPerRound = 20;

/** What is followed, and in which memory. */
export interface FollowDocumentsDeps {
  readonly documents: PublicDocumentReader;
  readonly memory: DocumentMemory;
}

/**
 * Keeps the memory of a process that publishes nothing itself in step with the store. Each look
 * compares the list of hosts, every document that expires, status lists before all, and a twentieth of the others, by
 * path and version: neither clocks nor the order of commits matter. A look that rejects leaves the
 * memory as it was; the next one compares again.
 */
export function createDocumentFollower(deps: FollowDocumentsDeps): () => Promise<void> {
  let waiting: HeldVersion[] = [];
  let perLook = 0;
  return async () => {
    const held = deps.memory.held();
    const lists = held.filter(({ expiresAt }) => expiresAt !== null);
    if (waiting.length === 0) {
      waiting = held.filter(({ expiresAt }) => expiresAt === null).map(versionOf);
      perLook = Math.ceil(waiting.length / looksPerRound);
    }
    const others = waiting.slice(0, perLook);
    const watched = [deps.memory.hosts.held, ...lists.map(versionOf), ...others];
    deps.memory.apply(await deps.documents.listNewer(watched));
    waiting = waiting.slice(perLook);
  };
}

/** Without the octets, which may have left the memory by the time of the look. */
function versionOf({ path, version }: HeldVersion): HeldVersion {
  return { path, version };
}
