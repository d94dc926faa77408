import { clientMetadataDigest } from '../../../src/protocol/client-metadata.ts';
import type { JsonObject } from '../../../src/protocol/strict-json.ts';
import { createVerifier } from '../../../src/verifier/index.ts';
import type { Reason } from '../../../src/verifier/verdict.ts';
import { createPaperWorld, type PaperWorld } from './paper-world.ts';

/** Changes one thing in a world whose papers are in order. */
export type Tamper = (world: PaperWorld) => Promise<void> | void;
/** What is wrong with a client, and the reason for which it is refused. */
export type Refusal = readonly [name: string, reason: Reason, tamper: Tamper];

/** The verdict on a world that was tampered with, by a verifier of its own. */
export async function judge(tamper: Tamper = () => undefined, request = {}) {
  const world = await createPaperWorld();
  await tamper(world);
  const verifier = createVerifier(world.options());
  const verdict = await verifier.verifyClient(world.clientId, request);
  return { ...verdict, world, verifier };
}

/** Publishes a document with these members, as its issuer vouches for it. */
export const plus =
  (members: JsonObject): Tamper =>
  async (world) => {
    const core = { ...world.core, ...members };
    const documentDigest = await clientMetadataDigest(core);
    await world.publish({ core, jwt: await world.issue({ documentDigest }) });
  };

/** Serves the document otherwise than it should be. */
export const serve =
  (change: { readonly status?: number; readonly type?: string; readonly body?: string }): Tamper =>
  (world) => {
    const { status = 200, type = 'application/json', body = textAt(world) } = change;
    world.serve(world.clientId, { status, headers: { 'content-type': type }, body });
  };

/** The document as it is served. */
export function textAt(world: PaperWorld): string {
  const answer = world.fetch.answers.get(world.clientId);
  return typeof answer === 'object' ? String(answer.body) : '';
}

/** How often the document was asked for. */
export function documentsAsked(world: PaperWorld): number {
  return world.fetch.asked.filter((url) => url === world.clientId).length;
}
