import { expect, it } from 'vitest';
import { outcomeOf, startProtectedPlace } from '../support/protected-place.ts';

it('the same authorization server without the hook lets a suspended agent have everything', async () => {
  const place = await startProtectedPlace({ checksPapers: false });
  try {
    const agent = await place.world.publish({
      handle: 'triage-bot',
      authorizedScopes: ['read:logs/production'],
    });
    await place.world.mark(agent, 'suspension', true);
    const client = place.clientOf(agent, 'client credentials');
    expect(outcomeOf(await client.requestToken())).toBe('read:logs/production read:logs/pii');
    expect(place.verdicts).toEqual([]);
    // The MCP server asks for itself: one hook does not stand for the other.
    expect(await client.callTool('read_logs')).toMatchObject({
      status: 403,
      reason: 'status-suspended',
    });
  } finally {
    await place[Symbol.asyncDispose]();
  }
});
