import { describe, expect, it } from 'vitest';
import type { AuditRecord, EventId } from '../../src/audit/audit-event.ts';
import type { AuditReader } from '../../src/audit/audit-trail.ts';
import { type ChainHead, genesisHash, hashRecord, linkRecord } from '../../src/audit/hash-chain.ts';
import { verifyAuditTrail } from '../../src/audit/verify-audit-trail.ts';

/** A chain of so many records, as it would be written. */
function chainOf(count: number): AuditRecord[] {
  const records: AuditRecord[] = [];
  let head: ChainHead = { sequence: 0, hash: genesisHash };
  for (let place = 1; place <= count; place += 1) {
    const record = linkRecord(head, {
      id: `evt_${place}` as EventId,
      at: new Date(Date.UTC(2026, 10, 20, 12, 0, place)),
      event: {
        organizationId: 'org_acme',
        actor: { kind: 'token', id: 'tok_1' },
        action: 'agent.updated',
        subject: `agt_${place}`,
        reason: null,
        details: {},
      },
    });
    records.push(record);
    head = record;
  }
  return records;
}

function readerOf(records: readonly AuditRecord[]): Pick<AuditReader, 'readAfter'> {
  return {
    readAfter: async (after, limit) =>
      records.filter(({ sequence }) => sequence > after).slice(0, limit),
  };
}

function verify(records: readonly AuditRecord[]) {
  const auditTree = {
    countRecords: async () => 0,
    countLeaves: async () => 0,
    findTile: async () => null,
  };
  return verifyAuditTrail({ audit: readerOf(records), auditTree });
}

function at(records: readonly AuditRecord[], sequence: number): AuditRecord {
  const record = records.find((candidate) => candidate.sequence === sequence);
  if (record === undefined) throw new RangeError(`no record ${sequence}`);
  return record;
}

/** The chain with one record in another form. */
function withRecord(sequence: number, change: (record: AuditRecord) => Partial<AuditRecord>) {
  return (records: readonly AuditRecord[]) =>
    records.map((record) =>
      record.sequence === sequence ? { ...record, ...change(record) } : record,
    );
}

/** A record whose body says something else and whose hash was computed anew. */
function rewritten(record: AuditRecord, body: string): Partial<AuditRecord> {
  return { body, hash: hashRecord(record.previousHash, body) };
}

describe('an intact chain', () => {
  it('of no records stands at the first hash', async () => {
    expect(await verify([])).toStrictEqual({
      intact: true,
      records: 0,
      headHash: '0000000000000000000000000000000000000000000000000000000000000000',
      root: Buffer.from('47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=', 'base64'),
      brokenAt: null,
      detail: null,
    });
  });

  it.each([1, 5, 1_000, 1_001, 2_500])('of %d records is read to its end', async (count) => {
    const records = chainOf(count);
    const found = await verify(records);
    expect(found).toMatchObject({ intact: true, records: count, brokenAt: null });
    expect(found.headHash).toBe(at(records, count).hash);
  });
});

const missing = 'a record is missing or out of order';
const unlinked = 'the record does not follow the one before it';
const altered = 'the record was altered';
const disagrees = 'a column of the record disagrees with its hashed body';

type Tampering = (records: readonly AuditRecord[]) => readonly AuditRecord[];

const tamperings: readonly (readonly [string, Tampering, number, string])[] = [
  [
    'one byte of a body altered',
    withRecord(3, ({ body }) => ({ body: body.replace('agt_3', 'agt_8') })),
    3,
    altered,
  ],
  [
    'the body and the hash of one record rewritten',
    withRecord(3, (record) => ({
      ...rewritten(record, record.body.replace('agt_3', 'agt_8')),
      subject: 'agt_8',
    })),
    4,
    unlinked,
  ],
  ['the hash of a record altered', withRecord(3, () => ({ hash: '0'.repeat(64) })), 3, altered],
  ['a record removed', (records) => records.filter(({ sequence }) => sequence !== 3), 3, missing],
  ['the first record removed', (records) => records.slice(1), 1, missing],
  [
    'a record removed and the rest numbered anew',
    (records) =>
      records
        .filter(({ sequence }) => sequence !== 3)
        .map((record, place) => ({ ...record, sequence: place + 1 })),
    3,
    unlinked,
  ],
  [
    'two records swapped',
    (records) =>
      records.map((record) => {
        if (record.sequence === 2) return { ...at(records, 3), sequence: 2 };
        return record.sequence === 3 ? { ...at(records, 2), sequence: 3 } : record;
      }),
    2,
    unlinked,
  ],
  [
    'a record inserted and the rest numbered anew',
    (records) => [
      ...records.slice(0, 2),
      { ...at(records, 2), sequence: 3, id: 'evt_forged' as EventId },
      ...records.slice(2).map((record) => ({ ...record, sequence: record.sequence + 1 })),
    ],
    3,
    unlinked,
  ],
  ['another id in its column', withRecord(3, () => ({ id: 'evt_9' as EventId })), 3, disagrees],
  [
    'another moment in its column',
    withRecord(3, () => ({ at: new Date('2020-01-01T00:00:00Z') })),
    3,
    disagrees,
  ],
  ['a searched column altered', withRecord(2, () => ({ subject: 'agt_9' })), 2, disagrees],
  ['a body that is no object', withRecord(5, (record) => rewritten(record, 'null')), 5, disagrees],
  ['a body that is no JSON', withRecord(5, (record) => rewritten(record, '{')), 5, disagrees],
];

describe('a chain with', () => {
  it.each(tamperings)('%s is broken there', async (_name, tamper, brokenAt, detail) => {
    const found = await verify(tamper(chainOf(5)));
    expect(found).toMatchObject({ intact: false, records: brokenAt - 1, brokenAt, detail });
  });

  it('its last records cut off shows only in the hash at its head', async () => {
    const records = chainOf(5);
    const found = await verify(records.slice(0, 3));
    expect(found).toMatchObject({ intact: true, records: 3 });
    expect(found.headHash).not.toBe(at(records, 5).hash);
  });
});
