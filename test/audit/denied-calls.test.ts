import { expect, it } from 'vitest';
import type { AuditEvent } from '../../src/audit/audit-event.ts';
import { type DeniedCall, DeniedCalls } from '../../src/audit/denied-calls.ts';

const noon = new Date('2026-11-20T12:00:00Z');
const later = new Date('2026-11-20T12:01:00Z');

function callOf(tokenId: string, changes: Partial<DeniedCall> = {}): DeniedCall {
  const from = { address: '192.0.2.7', requestId: 'req-1' };
  const place = { organizationId: 'org_acme', code: 'not-permitted', route: 'GET /audit' };
  return { ...place, tokenId, from, ...changes };
}

function collector() {
  const events: AuditEvent[] = [];
  return { events, append: async (news: readonly AuditEvent[]) => void events.push(...news) };
}

it('counts by token, code and minute, and says where the first came from', async () => {
  const denied = new DeniedCalls();
  const { events, append } = collector();
  denied.note(callOf('tok_1'), noon);
  denied.note(callOf('tok_1', { from: { address: '192.0.2.8', requestId: 'req-2' } }), noon);
  denied.note(callOf('tok_1', { code: 'unauthenticated' }), noon);
  denied.note(callOf('tok_2'), noon);
  expect(await denied.record(noon, append)).toBe(0);
  expect(await denied.record(later, append)).toBe(3);
  expect(events[0]).toEqual({
    organizationId: 'org_acme',
    actor: { kind: 'token', id: 'tok_1', from: { address: '192.0.2.7', requestId: 'req-1' } },
    action: 'access.denied',
    subject: 'tok_1',
    reason: null,
    details: {
      code: 'not-permitted',
      count: 2,
      route: 'GET /audit',
      minute: '2026-11-20T12:00:00.000Z',
    },
  });
  expect(await denied.record(later, append)).toBe(0);
});

it('makes no more than a thousand records and one for each organization of a flood', async () => {
  const denied = new DeniedCalls();
  const { events, append } = collector();
  for (let at = 0; at < 50_000; at += 1) denied.note(callOf(`tok_${at}`), noon);
  await denied.record(later, append);
  expect(events).toHaveLength(1_001);
  const counts = events.map(({ details }) => Number(details['count']));
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(50_000);
});

it('keeps what could not be recorded, and what came meanwhile', async () => {
  const denied = new DeniedCalls();
  const { events, append } = collector();
  denied.note(callOf('tok_1'), noon);
  await expect(denied.record(later, () => Promise.reject(new Error('away')))).rejects.toThrow(
    'away',
  );
  await denied.record(later, async (news) => {
    denied.note(callOf('tok_1'), noon);
    await append(news);
  });
  await denied.record(later, append);
  expect(events.map(({ details }) => details['count'])).toEqual([1, 1]);
});

it('records the present minute too when the service stops', async () => {
  const denied = new DeniedCalls();
  const { events, append } = collector();
  denied.note(callOf('tok_1'), noon);
  await denied.record(noon, append, { all: true });
  expect(events).toHaveLength(1);
});
