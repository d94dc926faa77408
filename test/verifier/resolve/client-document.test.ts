import { describe, expect, it } from 'vitest';
import { createClientDocuments } from '../../../src/verifier/resolve/client-document.ts';
import { createOctets } from '../../../src/verifier/resolve/octets.ts';
import { RefreshAhead } from '../../../src/verifier/resolve/refresh-ahead.ts';
import { createSharedCopies } from '../../../src/verifier/resolve/shared-copies.ts';
import type { MemoryAnswer } from '../support/memory-fetch.ts';
import { createPaperWorld, type PaperWorld } from '../support/paper-world.ts';

describe('a client metadata document', () => {
  const json = (body: string): MemoryAnswer => ({
    headers: { 'content-type': 'application/json', 'cache-control': 'max-age=300' },
    body,
  });

  it.each<[string, (world: PaperWorld) => Promise<MemoryAnswer>, boolean]>([
    [
      'with a passport',
      async (world) => json(JSON.stringify({ ...world.core, 'vc+jwt': await world.issue() })),
      true,
    ],
    ['without a passport', async (world) => json(JSON.stringify(world.core)), true],
    [
      'with a passport that is none',
      async (world) => json(JSON.stringify({ ...world.core, 'vc+jwt': 'x' })),
      false,
    ],
    [
      'with a secret',
      async (world) => json(JSON.stringify({ ...world.core, client_secret: 'hush' })),
      false,
    ],
    ['that is no JSON', async () => json('{"client_id":'), false],
    ['that is no object', async () => json('[]'), false],
  ])('CIMD-02 §5.2: %s', async (_what, answerOf, kept) => {
    const world = await createPaperWorld();
    const { fetch, clock } = world;
    const shared = createSharedCopies({ cache: undefined, clock });
    const octets = createOctets({ fetch, clock, shared, refreshAhead: new RefreshAhead() });
    const documents = createClientDocuments(octets, fetch);
    world.serve(world.clientId, await answerOf(world));
    const read = () => documents.read({ url: world.clientId, deadline: Date.now() + 5_000 });
    expect(await read()).toMatchObject({ ok: true });
    expect(await read()).toMatchObject({ ok: true });
    expect(world.fetch.asked).toHaveLength(kept ? 1 : 2);
  });
});
