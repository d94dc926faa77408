import { clientMetadataDigest } from '../../../src/protocol/client-metadata.ts';
import type { PassportInput } from '../../../src/protocol/passport.ts';
import type { JsonObject } from '../../../src/protocol/strict-json.ts';
import { createPaperWorld, type PaperWorld } from './paper-world.ts';

/** A world whose agent has a strict document beside its own. */
export interface StrictWorld {
  readonly world: PaperWorld;
  readonly clientId: string;
  readonly passportUrl: string;
  readonly core: JsonObject;
  /** A strict passport that is in order but for these changes, signed. */
  issue(changes?: Partial<PassportInput>): Promise<string>;
  /** Publishes the document; `link` null is none. */
  publishDocument(order?: {
    readonly core?: JsonObject;
    readonly link?: string | null;
    readonly headers?: Readonly<Record<string, string>>;
  }): void;
  publishPassport(jwt: string, headers?: Readonly<Record<string, string>>): void;
}

/** The index of the strict passport in every list. */
export const strictIndex = 60_013;

/** Starts a world whose strict papers are in order as well. */
export async function createStrictWorld(origin?: string): Promise<StrictWorld> {
  const world = await createPaperWorld(origin);
  const folder = world.clientId.replace(/client\.json$/, 'strict');
  const clientId = `${folder}/client.json`;
  const passportUrl = `${folder}/passport.jwt`;
  const core = { ...world.core, client_id: clientId };
  const documentDigest = await clientMetadataDigest(core);
  const { revocationList, suspensionList, tokenList } = world;
  const status = { revocationList, suspensionList, tokenList, index: strictIndex };
  const usual = `<${passportUrl}>; rel="describedby"; type="application/vc+jwt"`;
  const strict: StrictWorld = {
    ...{ world, clientId, passportUrl, core },
    issue: (changes = {}) => world.issue({ clientId, documentDigest, status, ...changes }),
    publishDocument: (order = {}) => {
      const { link = usual, headers = {} } = order;
      const linked = link === null ? {} : { link };
      world.serveJson(clientId, order.core ?? core, { ...linked, ...headers });
    },
    publishPassport: (jwt, headers = {}) => {
      const own = { 'content-type': 'application/vc+jwt', 'cache-control': 'public, max-age=300' };
      world.serve(passportUrl, { headers: { ...own, ...headers }, body: jwt });
    },
  };
  strict.publishDocument();
  strict.publishPassport(await strict.issue());
  return strict;
}
