import type { Sighting } from './finding.ts';
import { logServerScopes } from './mcp-server.ts';
import type { Player } from './players.ts';
import type { Stage } from './stage.ts';

/** The one scope of the two asked for that the papers in the story permit. */
const permittedScope = 'read:logs/production';

/** Asks for a token and expects one with the permitted scope, and the other withheld. */
export async function seeTokenGranted(player: Player): Promise<Sighting> {
  const answer = await player.client.requestToken();
  if (!answer.granted) return { decision: `refused: ${answer.error}`, asExpected: false };
  const withheld = logServerScopes.filter((scope) => !answer.scopes.includes(scope));
  return {
    decision: `granted ${answer.scopes.join(' ')}`,
    reason: withheld.length === 0 ? null : `withheld ${withheld.join(' ')}`,
    asExpected: answer.scopes.join(' ') === permittedScope,
  };
}

/** Asks for a token and expects a refusal for one of these reasons. */
export async function seeTokenRefused(
  stage: Stage,
  player: Player,
  reasons: readonly string[],
): Promise<Sighting> {
  const answer = await player.client.requestToken();
  if (answer.granted) return { decision: `granted ${answer.scopes.join(' ')}`, asExpected: false };
  const reason = stage.verdictOn(player.clientId)?.reason ?? null;
  const asExpected = answer.error === 'invalid_client' && reasons.includes(reason ?? '');
  return { decision: `refused: ${answer.error}`, reason, asExpected };
}

/** Calls a tool with the token held and expects its text. */
export async function seeToolServed(player: Player, tool: string): Promise<Sighting> {
  const { status, reason } = await player.client.callTool(tool);
  return { decision: `answered ${status}`, reason, asExpected: status === 200 };
}

/** Calls a tool with the token held and expects 403 for one of these reasons. */
export async function seeToolRefused(
  player: Player,
  tool: string,
  reasons: readonly string[],
): Promise<Sighting> {
  const { status, reason } = await player.client.callTool(tool);
  const asExpected = status === 403 && reasons.includes(reason ?? '');
  return { decision: `answered ${status}`, reason, asExpected };
}
