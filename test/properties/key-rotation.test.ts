import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SealwrightError } from '../../src/kernel/sealwright-error.ts';
import type { PublicDocument } from '../../src/publication/public-document.ts';
import { openRegistryWorld, payloadOf, type RegistryWorld } from '../journeys/registry-world.ts';

/** max-age of the documents of an identity, and the 5 s by which our verifier may go beyond it. */
const heldMs = 305_000;

/** What may happen to an agent, in any order. */
const events = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('pass'), seconds: fc.nat(900) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('rotate') }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('issue') }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('suspend') }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('resume') }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('retire') }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('fail') }) },
  ),
  { minLength: 8, maxLength: 30 },
);

type Event =
  | { readonly kind: 'pass'; readonly seconds: number }
  | { readonly kind: 'rotate' | 'issue' | 'suspend' | 'resume' | 'retire' | 'fail' };

/** A version of a document, and until when some cache may give it out. */
interface Copy {
  readonly kids: readonly string[];
  readonly path: string;
  heldUntil: number;
}

const client = '/a/bot/client.json';
const keySet = '/a/bot/jwks.json';

/** Notes every version of the two documents, and that it may be held for a while once replaced. */
function copiesIn(published: readonly PublicDocument[]): readonly Copy[] {
  const copies: Copy[] = [];
  for (const { path, body, publishedAt } of published) {
    if (path !== client && path !== keySet) continue;
    const former = copies.findLast((copy) => copy.path === path);
    if (former !== undefined) former.heldUntil = publishedAt.getTime() + heldMs;
    const kids = path === client ? namedBy(body) : listedBy(body);
    copies.push({ kids, path, heldUntil: Number.POSITIVE_INFINITY });
  }
  return copies;
}

function namedBy(body: Uint8Array): readonly string[] {
  const document = JSON.parse(new TextDecoder().decode(body));
  return payloadOf(document['vc+jwt']).credentialSubject.jwkThumbprints;
}

function listedBy(body: Uint8Array): readonly string[] {
  const { keys } = JSON.parse(new TextDecoder().decode(body));
  return keys.map(({ kid }: { kid: string }) => kid);
}

async function meet(world: RegistryWorld, event: Event): Promise<void> {
  const ref = { ...world.caller, handle: 'bot', reason: 'as it happens' };
  const { registry, interruptions } = world;
  world.clock.moveBy(1);
  switch (event.kind) {
    case 'pass':
      world.clock.moveBy(event.seconds * 1_000);
      await world.keep();
      interruptions.beforeSigning = async () => {};
      return;
    case 'fail':
      interruptions.beforeSigning = () => Promise.reject(new SealwrightError('key-not-usable', ''));
      return;
    case 'rotate':
      await registry.rotateAgentKey({ ...ref, overlap: 'PT5M' });
      return;
    case 'issue':
      await world.issue('bot');
      return;
    case 'suspend':
      await registry.suspendAgent(ref);
      return;
    case 'resume':
      await registry.resumeAgent(ref);
      return;
    case 'retire': {
      const [former] = (await registry.listAgentKeys(ref)).keys;
      await registry.retireAgentKey({ ...ref, thumbprint: former?.thumbprint ?? '' });
    }
  }
}

it('never has a key set in a cache that a passport in a cache does not vouch for', async () => {
  let widest = 0;
  await fc.assert(
    fc.asyncProperty(events, async (happened) => {
      const world = await openRegistryWorld();
      await world.enrol('bot');
      for (const event of happened as readonly Event[]) {
        await meet(world, event).catch((error: unknown) => {
          if (!(error instanceof SealwrightError)) throw error;
        });
        const now = world.clock.now().getTime();
        const held = copiesIn(world.published).filter(({ heldUntil }) => heldUntil > now);
        const passports = held.filter(({ path }) => path === client);
        for (const { kids } of held.filter(({ path }) => path === keySet)) {
          widest = Math.max(widest, kids.length);
          for (const passport of passports) {
            expect(passport.kids).toEqual(expect.arrayContaining([...kids]));
          }
        }
      }
    }),
    { numRuns: 60 },
  );
  // The rotations went as far as both keys in the key set.
  expect(widest).toBe(2);
}, 120_000);
