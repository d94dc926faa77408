import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { attemptPauses, pauseAfter } from '../../src/events/attempt-pauses.ts';
import { eventsByAction } from '../../src/events/security-event.ts';
import { isTold, toldActions } from '../../src/events/told-action.ts';

const page = readFileSync(resolve(import.meta.dirname, '../../docs/events.md'), 'utf8');

/** An event as the page writes it: the last part of its URI, and its members in brackets. */
function written({ type, members }: { readonly type: string; readonly members: object }): string {
  const values = Object.values(members).join(', ');
  return type.slice(type.lastIndexOf('/') + 1) + (values === '' ? '' : ` (${values})`);
}

test('the page says what becomes of each action', () => {
  const rows = [...page.matchAll(/^\| `([a-z-]+\.[a-z]+)` \| (.*) \|$/gm)].map(
    ([, action, events]) => [action, events],
  );
  const made = toldActions.map((action) => [
    action,
    eventsByAction[action].map(written).join('; ') || 'none',
  ]);
  expect(made).toEqual(rows);
});

test('what takes something away is told as CAEP and RISC have it', () => {
  const caep = 'https://schemas.openid.net/secevent/caep/event-type';
  const risc = 'https://schemas.openid.net/secevent/risc/event-type';
  expect(eventsByAction['credential.revoked']).toEqual([
    {
      type: `${caep}/credential-change`,
      members: { credential_type: 'verifiable-credential', change_type: 'revoke' },
    },
  ]);
  expect(eventsByAction['agent.suspended'].map(({ type }) => type)).toEqual([
    `${caep}/session-revoked`,
    `${risc}/account-disabled`,
  ]);
  expect(eventsByAction['agent.retired'].map(({ type }) => type)).toEqual([
    `${caep}/session-revoked`,
    `${risc}/account-purged`,
  ]);
  expect(eventsByAction['key.compromised']).toEqual([
    { type: `${risc}/credential-compromise`, members: { credential_type: 'jwk' } },
    { type: `${caep}/session-revoked`, members: {} },
  ]);
});

test('what is the organization’s own is not told', () => {
  expect(['token.created', 'credential.intended', 'webhook.created'].map(isTold)).toEqual([
    false,
    false,
    false,
  ]);
});

test('the page has the pauses between attempts', () => {
  const units = { s: 1_000, min: 60_000, h: 3_600_000 } as const;
  const [, cells = ''] = /^\| after \| (.*) \|$/m.exec(page) ?? [];
  const pauses = cells.split(' | ').map((cell) => {
    const [count, unit] = cell.split(' ');
    return Number(count) * units[unit as keyof typeof units];
  });
  expect(pauses).toEqual(attemptPauses);
});

test('a pause is the one of the table, give or take a fifth, and the last attempt has none', () => {
  expect([0, 0.5, 1].map((drawn) => pauseAfter(1, () => drawn))).toEqual([4_000, 5_000, 6_000]);
  expect(pauseAfter(10, () => 0.5)).toBe(28_800_000);
  expect(pauseAfter(11, () => 0.5)).toBeNull();
});
