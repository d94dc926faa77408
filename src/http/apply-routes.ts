import { z } from 'zod';
import { parseManifest } from '../manifest/parse-manifest.ts';
import { manifestEntryAnswer } from './agent-answers.ts';
import { listed, ok } from './answer.ts';
import { pageOf } from './answer-schemas.ts';
import { plansAnswer, resultsAnswer } from './apply-answers.ts';
import { viewPlans, viewResults } from './apply-view.ts';
import { anyJson, withoutUndefined } from './input.ts';
import { manifestSchema } from './manifest-schema.ts';
import { pageMembers, readPage } from './page.ts';
import { type Call, type Route, route } from './route.ts';

/** Some 300 agents with their credentials have 300 kB; a thousand stay far below this. */
const maxBodyBytes = 4 * 1024 * 1024;
/** More would take an answer beyond the patience of most clients. */
const maxAgents = 1_000;

const applyInput = z
  .looseObject({
    preview: z.boolean().default(false),
    prune: z.boolean().default(false),
    reason: z.string().optional(),
  })
  .meta(manifestSchema)
  .transform(({ preview, prune, reason, ...rest }, context) => {
    const issue = (pointer: string, message: string): void => {
      const path = pointer.split('/').slice(1).map(unescaped);
      context.addIssue({ code: 'custom', path, message });
    };
    if (prune !== (reason !== undefined)) {
      issue('/reason', prune ? 'say why credentials are revoked' : 'is given with "prune" only');
    }
    const manifest = parseManifest(anyJson.parse(rest), { maxAgents });
    if (!manifest.ok) {
      for (const { pointer, detail } of manifest.faults) issue(pointer, detail);
      return z.NEVER;
    }
    for (const [at, { jwkFile }] of manifest.value.agents.entries()) {
      if (jwkFile === undefined) continue;
      issue(`/agents/${at}/jwkFile`, 'is read by the command line alone: send the key as "jwk"');
    }
    return { preview, pruneReason: reason ?? null, entries: manifest.value.agents };
  });

const exportInput = z.strictObject({ ...pageMembers, team: z.string().optional() });

/** Many agents at once. */
export const applyRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/apply',
    // What it takes beyond that is known once the plan is.
    scope: 'agents:read',
    servesNarrowTokens: true,
    maxBodyBytes,
    input: applyInput,
    summary: 'Apply a manifest, or preview what that would do',
    answers: { 200: z.union([plansAnswer, resultsAnswer]) },
    run: async (call, { preview, ...input }) => {
      const order = { ...call.caller, ...input };
      const { registry } = call.ports;
      if (preview) return viewPlans(await registry.planManifest(order));
      return viewResults(await registry.applyManifest({ ...order, scopes: call.scopes }));
    },
    view: ok,
  }),
  route({
    method: 'GET',
    path: '/export',
    scope: 'agents:read',
    servesNarrowTokens: true,
    input: exportInput,
    summary: 'List agents as a manifest has them',
    answers: { 200: pageOf(manifestEntryAnswer) },
    run: exportAgents,
    view: (page, call) => listed(page, call, (entry) => entry),
  }),
];

/** The listing of agents, page by page, in the words of a manifest. */
async function exportAgents({ ports, caller }: Call, input: z.output<typeof exportInput>) {
  const { limit, cursor, team } = input;
  const { organizationId, reach } = caller;
  const filter = withoutUndefined({ organizationId, reach, team });
  const page = await readPage({ limit, cursor }, (slice) =>
    ports.registry.listAgents(filter, slice),
  );
  return { ...page, rows: await ports.registry.exportManifest(page.rows) };
}

/** One reference token of a JSON Pointer as the member that it names (RFC 6901 §4). */
function unescaped(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~');
}
