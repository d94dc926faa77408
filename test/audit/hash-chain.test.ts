import { describe, expect, it } from 'vitest';
import type { AuditEvent, EventId } from '../../src/audit/audit-event.ts';
import { genesisHash, hashRecord, linkRecord } from '../../src/audit/hash-chain.ts';

const event: AuditEvent = {
  organizationId: 'org_acme',
  actor: { kind: 'token', id: 'tok_1' },
  action: 'agent.suspended',
  subject: 'agt_1',
  reason: 'INC-7',
  details: { handle: 'billing-bot', credentials: 3 },
};
const entry = { id: 'evt_1' as EventId, at: new Date('2026-11-20T12:00:00.042Z'), event };
const start = { sequence: 0, hash: genesisHash };

const firstBody =
  '{"action":"agent.suspended","actor":{"id":"tok_1","kind":"token"},"at":"2026-11-20T12:00:00.042Z","details":{"credentials":3,"handle":"billing-bot"},"id":"evt_1","organizationId":"org_acme","reason":"INC-7","sequence":1,"subject":"agt_1"}';
const firstHash = 'ac4736ba504950096581a9b16c50a6687f1a37db2798b9c03d2e1513af0b5bbe';

describe('linking', () => {
  it('writes the first record in canonical form, over sixty-four zeros', () => {
    expect(linkRecord(start, entry)).toStrictEqual({
      sequence: 1,
      id: 'evt_1',
      at: entry.at,
      organizationId: event.organizationId,
      action: event.action,
      subject: event.subject,
      actor: 'tok_1',
      requestId: null,
      body: firstBody,
      previousHash: '0000000000000000000000000000000000000000000000000000000000000000',
      hash: firstHash,
    });
  });

  it('says where the call of the actor came from, when it came from somewhere', () => {
    const from = { address: '192.0.2.7', requestId: 'b9d6e9c1' };
    const record = linkRecord(start, {
      ...entry,
      event: { ...event, actor: { ...event.actor, from } },
    });
    expect(record.body).toContain(
      '"actor":{"from":{"address":"192.0.2.7","requestId":"b9d6e9c1"},"id":"tok_1","kind":"token"}',
    );
    expect(record.requestId).toBe('b9d6e9c1');
  });

  it('gives equal events equal bodies, whatever the order of their details', () => {
    const details = { credentials: 3, handle: 'billing-bot' };
    const reordered = { ...entry, event: { ...event, details } };
    expect(linkRecord(start, reordered).hash).toBe(firstHash);
  });

  it('carries the hash of each record into the next', () => {
    const first = linkRecord(start, entry);
    const second = linkRecord(first, { ...entry, id: 'evt_2' as EventId });
    expect([second.sequence, second.previousHash]).toStrictEqual([2, firstHash]);
  });
});

it('hashes the previous hash, a line feed and the body', () => {
  expect(hashRecord(genesisHash, firstBody)).toBe(firstHash);
});
