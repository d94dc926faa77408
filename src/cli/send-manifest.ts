import type { ManifestAgent } from '../manifest/manifest.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../protocol/strict-json.ts';
import type { ApiClient } from './api-client.ts';
import type { Invocation, Parameter } from './command.ts';
import { usageFailure } from './failure.ts';
import { members } from './members.ts';

/** One call carries so many agents: it answers soon, and what it did is seen while the rest goes on. */
const agentsPerCall = 50;

/** For the commands that compare a manifest with the service. */
export const pruneOptions: readonly Parameter[] = [
  { form: '--prune', help: 'revoke the credentials of these agents that the file does not have' },
  { form: '--reason <text>', help: 'why they are revoked; it stands in the audit trail' },
];

/** What goes with every call. */
export interface ManifestOrder {
  readonly preview: boolean;
  /** null leaves alone what the manifest does not have. */
  readonly pruneReason: string | null;
}

/** The reason of `--prune`, null without it; a usage failure for one without the other. */
export function pruneReasonOf(call: Invocation): string | null {
  const reason = call.text('reason');
  if (call.flag('prune') === (reason !== undefined)) return reason ?? null;
  throw usageFailure('--prune and --reason go together.');
}

/** The agents of a manifest, in the portions that are sent. */
export function portionsOf<Entry>(agents: readonly Entry[]): readonly (readonly Entry[])[] {
  const count = Math.ceil(agents.length / agentsPerCall);
  return Array.from({ length: count }, (_, at) =>
    agents.slice(at * agentsPerCall, (at + 1) * agentsPerCall),
  );
}

/** What the service answers for each agent of one portion, in its order. */
export async function sendPortion(
  api: ApiClient,
  agents: readonly ManifestAgent[],
  { preview, pruneReason }: ManifestOrder,
): Promise<readonly JsonObject[]> {
  const body = members({
    preview,
    prune: pruneReason !== null,
    reason: pruneReason ?? undefined,
    agents: agents as unknown as JsonValue,
  });
  const answer = await api.call({ method: 'POST', path: '/apply', body });
  const rows: JsonValue | undefined = answer['agents'];
  return Array.isArray(rows) ? rows.filter((row: JsonValue) => isJsonObject(row)) : [];
}

/** What applying the manifest would do, agent by agent. Changes nothing. */
export async function previewManifest(
  call: Invocation,
  agents: readonly ManifestAgent[],
  pruneReason: string | null,
): Promise<readonly JsonObject[]> {
  const api = call.api();
  const rows: JsonObject[] = [];
  for (const portion of portionsOf(agents)) {
    rows.push(...(await sendPortion(api, portion, { preview: true, pruneReason })));
  }
  return rows;
}
