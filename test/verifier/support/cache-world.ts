import type { CachedResponse, ResponseCache } from '../../../src/verifier/index.ts';
import { createVerifier } from '../../../src/verifier/index.ts';
import { createPaperWorld, type PaperWorld } from './paper-world.ts';

/** A world, and a verifier with a cache that any number of others may join. */
export async function startWithCache<Cache extends ResponseCache>(cache: Cache) {
  const world = await createPaperWorld();
  const join = () => {
    const verifier = createVerifier({ ...world.options(), cache });
    const judge = async () => {
      const { outcome, reason } = await verifier.verifyClient(world.clientId);
      return reason ?? outcome;
    };
    return { verifier, judge };
  };
  return { world, cache, join, ...join() };
}

/** Every place that a question about the agent of a world reads. */
export function urlsOf(world: PaperWorld): readonly string[] {
  const { clientId, didUrl, jwksUri, revocationList, suspensionList } = world;
  return [clientId, didUrl, jwksUri, revocationList, suspensionList];
}

/** The places that were asked for since the last look. */
export function asked(world: PaperWorld): readonly string[] {
  return world.fetch.asked.splice(0);
}

/** What a world serves at a URL, as a cache has it that was told of it now. */
export function entryOf(world: PaperWorld, url: string, changes: Partial<CachedResponse> = {}) {
  const answer = world.fetch.answers.get(url);
  if (typeof answer !== 'object') throw new Error(`nothing is served at ${url}`);
  const { headers = {}, body } = answer;
  const octets = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  return { headers, body: octets, fetchedAt: world.clock(), ...changes };
}
