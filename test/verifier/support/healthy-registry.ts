import { clientMetadataDigest } from '../../../src/protocol/client-metadata.ts';
import { didWebOf } from '../../../src/protocol/did-web.ts';
import type { JsonObject } from '../../../src/protocol/strict-json.ts';
import { createPaperWorld, type ListOrder, type PaperWorld } from './paper-world.ts';

const signEveryMs = 300_000;

/** A registry that serves as ours does, in simulated time. */
export interface HealthyRegistry {
  readonly world: PaperWorld;
  readonly secondClientId: string;
  /** Lets time pass; lists are signed anew every five minutes. */
  pass(ms: number): Promise<void>;
  /** Publishes a list at once, with these bits set from now on. */
  set(purpose: ListOrder['purpose'], indices: readonly number[]): Promise<void>;
}

/** A registry of two agents whose papers are in order. */
export async function startHealthyRegistry(): Promise<HealthyRegistry> {
  const world = await createPaperWorld();
  const bits = { revocation: [] as readonly number[], suspension: [] as readonly number[] };
  let signedAt = world.clock();
  let version = 0;

  async function publish(purpose: ListOrder['purpose']): Promise<void> {
    version += 1;
    const headers = {
      'cache-control': 'public, max-age=15, must-revalidate, no-transform',
      etag: `"${version}"`,
    };
    await world.publishList({ purpose, set: bits[purpose], headers });
  }

  async function sign(): Promise<void> {
    signedAt = world.clock();
    await publish('revocation');
    await publish('suspension');
  }

  await sign();
  return {
    world,
    secondClientId: await publishSecondAgent(world),
    async pass(ms) {
      world.advance(ms);
      if (world.clock() - signedAt >= signEveryMs) await sign();
    },
    async set(purpose, indices) {
      bits[purpose] = indices;
      await publish(purpose);
    },
  };
}

async function publishSecondAgent(world: PaperWorld): Promise<string> {
  const text = JSON.stringify(world.core).replaceAll('billing-bot', 'night-bot');
  const core: JsonObject = JSON.parse(text);
  const clientId = `${world.origin}/a/night-bot/client.json`;
  const { revocationList, suspensionList, tokenList } = world;
  const jwt = await world.issue({
    id: 'urn:uuid:0d3b1f3e-2c1e-4a52-8f5e-5a0f6f7f7b02',
    clientId,
    did: didWebOf(world.origin, ['a', 'night-bot']),
    documentDigest: await clientMetadataDigest(core),
    status: { revocationList, suspensionList, tokenList, index: 7 },
  });
  world.serveJson(clientId, { ...core, 'vc+jwt': jwt });
  const keys = world.fetch.answers.get(world.jwksUri);
  world.serve(world.jwksUri.replace('billing-bot', 'night-bot'), keys ?? 'hang-up');
  return clientId;
}
