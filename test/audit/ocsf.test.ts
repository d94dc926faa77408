import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AuditAction, AuditEvent, EventId } from '../../src/audit/audit-event.ts';
import { genesisHash, linkRecord } from '../../src/audit/hash-chain.ts';
import { ocsfEventOf, ocsfForms } from '../../src/audit/ocsf.ts';

/** Which activities each class has beside 0 (unknown) and 99 (other), as of OCSF 1.1.0. */
const activities: Readonly<Record<number, readonly number[]>> = {
  3001: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 99],
  3002: [1, 2, 3, 4, 5, 99],
  3004: [1, 2, 3, 4, 99],
  6003: [1, 2, 3, 4, 99],
};

/** What each class requires, beside what all require. */
const required: Readonly<Record<number, readonly string[]>> = {
  3001: ['user'],
  3002: ['user', 'service'],
  3004: ['entity'],
  6003: ['actor', 'api', 'src_endpoint'],
};

const requiredOfAll = [
  'activity_id',
  'category_uid',
  'class_uid',
  'metadata',
  'severity_id',
  'time',
  'type_uid',
];

function eventFor(action: AuditAction, changes: Partial<AuditEvent> = {}) {
  const from = { address: '192.0.2.7', requestId: 'req-1' };
  const actor = { kind: 'token', id: 'tok_1', from } as const;
  const about = { organizationId: 'org_acme', actor, action, subject: 'thing_1' };
  const at = new Date('2026-11-20T12:00:00.042Z');
  const event = { ...about, reason: 'INC-7', details: { count: 1 }, ...changes };
  const record = linkRecord(
    { sequence: 0, hash: genesisHash },
    { id: 'evt_1' as EventId, at, event },
  );
  return ocsfEventOf(record);
}

const actions = Object.keys(ocsfForms) as AuditAction[];

describe('as an event of OCSF', () => {
  it.each(actions)('%s has a class, an activity of it, and what that requires', (action) => {
    const event = eventFor(action);
    const { class_uid: kind, category_uid: category, activity_id: activity } = event;
    const known = activities[Number(kind)];
    expect(known).toContain(activity);
    expect(category).toBe(Math.floor(Number(kind) / 1_000));
    expect(event['type_uid']).toBe(Number(kind) * 100 + Number(activity));
    expect([1, 2, 3, 4, 5, 6]).toContain(event['severity_id']);
    for (const member of [...requiredOfAll, ...(required[Number(kind)] ?? [])]) {
      expect([member, event[member] !== undefined]).toEqual([member, true]);
    }
    if (activity === 99) expect(event['activity_name']).toBe(action);
  });

  it('a revocation says who, what, why, when and from where', () => {
    expect(eventFor('credential.revoked')).toEqual({
      metadata: {
        version: '1.1.0',
        product: { name: 'Sealwright', vendor_name: 'Sealwright' },
        log_name: 'audit',
        uid: 'evt_1',
        sequence: 1,
        tenant_uid: 'org_acme',
        correlation_uid: 'req-1',
      },
      time: 1_795_176_000_042,
      class_uid: 3004,
      category_uid: 3,
      class_name: 'Entity Management',
      activity_id: 4,
      type_uid: 300404,
      severity_id: 3,
      status_id: 1,
      message: 'credential.revoked',
      actor: { user: { uid: 'tok_1', type_id: 99, type: 'token' } },
      src_endpoint: { ip: '192.0.2.7' },
      api: { operation: 'credential.revoked', request: { uid: 'req-1' } },
      entity: { uid: 'thing_1', type: 'credential' },
      comment: 'INC-7',
      unmapped: {
        details: { count: 1 },
        reason: 'INC-7',
        previousHash: genesisHash,
        hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    });
  });

  it('a denied call is a failure, and what a job did has no address', () => {
    expect(eventFor('access.denied')).toMatchObject({ status_id: 2, type_uid: 600399 });
    const job = { kind: 'system', id: 'keep-papers' } as const;
    expect(eventFor('credential.abandoned', { actor: job })).toMatchObject({
      actor: { user: { uid: 'keep-papers', type_id: 3, type: 'system' } },
      src_endpoint: { svc_name: 'sealwright' },
    });
  });

  it('an action of another release is some other activity on an entity', () => {
    expect(eventFor('cloud.conquered' as AuditAction)).toMatchObject({
      type_uid: 300499,
      activity_name: 'cloud.conquered',
      entity: { uid: 'thing_1', type: 'cloud' },
    });
  });

  it('every action stands in the table for people, as it is mapped', () => {
    const page = readFileSync(resolve(import.meta.dirname, '../../docs/audit.md'), 'utf8');
    const row = /^\| (\d{4}) [A-Z][\w ]+ \| (\d+) \w+ \| (\d) \| ((?:`[\w.-]+` ?)+) \|$/gm;
    const shown = [...page.matchAll(row)].flatMap(([, kind, activity, severity, names = '']) =>
      names.split(' ').map((name) => [name, Number(kind), Number(activity), Number(severity)]),
    );
    const mapped = actions.map((action) => {
      const event = eventFor(action);
      return [`\`${action}\``, event['class_uid'], event['activity_id'], event['severity_id']];
    });
    expect(new Map(shown.map((line) => [line[0], line]))).toEqual(
      new Map(mapped.map((line) => [line[0], line])),
    );
    expect(shown).toHaveLength(actions.length);
  });
});
