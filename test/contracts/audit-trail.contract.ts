import { expect, it } from 'vitest';
import type { AuditEvent, AuditRecord, EventId } from '../../src/audit/audit-event.ts';
import type { AuditFilter } from '../../src/audit/audit-trail.ts';
import { linkRecord } from '../../src/audit/hash-chain.ts';
import { verifyAuditTrail } from '../../src/audit/verify-audit-trail.ts';
import { acme, eventOn, noon, other } from './entities.ts';
import type { WorldSource } from './world.ts';

export function auditTrailContract(world: WorldSource): void {
  const append = (...events: readonly AuditEvent[]) =>
    world().work.run(({ audit }) => audit.append(events));
  const readers = () => world().readers;

  it('begins with an empty chain, which verifies', async () => {
    expect(await verifyAuditTrail(readers())).toMatchObject({ intact: true, records: 0 });
  });

  it('chains records in the order of their events', async () => {
    await append(eventOn('agt_1'), eventOn('agt_2', { reason: null, details: {} }));
    await append();
    await append(eventOn('agt_3'));
    const records = await readers().audit.readAfter(0, 10);
    expect(records.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(records.map(({ body }) => JSON.parse(body).subject)).toEqual([
      'agt_1',
      'agt_2',
      'agt_3',
    ]);
    expect(records[0]?.previousHash).toBe('0'.repeat(64));
    expect(records[1]?.previousHash).toBe(records[0]?.hash);
    expect(records[0]?.at).toEqual(noon());
    expect(await readers().audit.readAfter(1, 1)).toEqual([records[1]]);
    expect(await verifyAuditTrail(readers())).toMatchObject({ intact: true, records: 3 });
  });

  it('takes back what follows its head, as it was, and nothing else', async () => {
    await append(eventOn('agt_1'));
    const [first] = await readers().audit.readAfter(0, 1);
    if (first === undefined) throw new Error('no record');
    const entry = { id: first.id.replace('evt_', 'evt_0') as EventId, at: noon() };
    const second = linkRecord(first, { ...entry, event: eventOn('agt_2') });
    const reinsert = (record: AuditRecord) =>
      world().work.run(({ audit }) => audit.reinsert([record]));
    await expect(reinsert({ ...second, body: '{}' })).rejects.toMatchObject({
      code: 'conflict-retry',
    });
    await reinsert(second);
    await append(eventOn('agt_3'));
    expect(await readers().audit.readAfter(1, 1)).toEqual([second]);
    expect(await verifyAuditTrail(readers())).toMatchObject({ intact: true, records: 3 });
  });

  it('keeps one chain however many write at once', async () => {
    await Promise.all(
      Array.from({ length: 20 }, (_, place) => append(eventOn(`a${place}`), eventOn(`b${place}`))),
    );
    expect(await verifyAuditTrail(readers())).toMatchObject({ intact: true, records: 40 });
  });

  it('leaves no gap where a transaction was undone', async () => {
    await append(eventOn('agt_1'));
    const undone = world().work.run(async ({ audit }) => {
      await audit.append([eventOn('agt_2')]);
      throw new Error('no');
    });
    await expect(undone).rejects.toThrow('no');
    await append(eventOn('agt_3'));
    expect(await verifyAuditTrail(readers())).toMatchObject({ intact: true, records: 2 });
  });

  it.each<[string, Partial<AuditFilter>, readonly number[]]>([
    ['the organization', {}, [1, 2, 4]],
    ['an action', { action: 'agent.suspended' }, [2]],
    ['who acted', { actor: 'tok_1' }, [1, 2, 4]],
    ['another who acted', { actor: 'tok_2' }, []],
    ['the id of a request', { requestId: 'req-1' }, []],
    ['a subject', { subject: 'agt_1' }, [1, 2]],
    ['a moment that is included', { since: noon() }, [1, 2, 4]],
    ['a moment that is not', { until: noon() }, []],
  ])('lists by %s', async (_, filter, sequences) => {
    await append(
      eventOn('agt_1'),
      eventOn('agt_1', { action: 'agent.suspended' }),
      eventOn('agt_1', { organizationId: other.id }),
      eventOn('agt_2'),
    );
    const whole = { organizationId: acme.id, ...filter };
    const records = await readers().audit.list(whole, { limit: 10 });
    expect(records.map(({ sequence }) => sequence)).toEqual(sequences);
  });

  it('lists in pages, in the order of the chain', async () => {
    await append(...Array.from({ length: 5 }, (_, place) => eventOn(`agt_${place}`)));
    const filter = { organizationId: acme.id };
    const first = await readers().audit.list(filter, { limit: 3 });
    const rest = await readers().audit.list(filter, { limit: 3, after: first.at(-1)?.id });
    expect([...first, ...rest].map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5]);
  });
}
