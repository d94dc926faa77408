import { describe, expect, it } from 'vitest';
import { stateOf, statusUrls } from '../../src/status/status-list.ts';

const at = new Date('2026-11-20T12:00:00Z');

describe('the one state of a credential', () => {
  it.each<readonly [string, Date | null, Date | null, Date | null]>([
    ['valid', null, null, null],
    ['suspended', null, at, null],
    ['suspended', null, null, at],
    ['suspended', null, at, at],
    ['revoked', at, null, null],
    ['revoked', at, at, at],
  ])('is %s for revoked %j, suspended %j, agent suspended %j', (state, ...dates) => {
    const [revokedAt, suspendedAt, agentSuspendedAt] = dates;
    expect(stateOf({ revokedAt, suspendedAt, agentSuspendedAt })).toBe(state);
  });
});

it('has its three lists at short addresses', () => {
  expect(statusUrls('https://id.acme.com/o/pay', 7)).toStrictEqual({
    revocation: 'https://id.acme.com/o/pay/status/7r',
    suspension: 'https://id.acme.com/o/pay/status/7s',
    token: 'https://id.acme.com/o/pay/token-status/7',
  });
});
