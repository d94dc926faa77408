import { expect, test } from 'vitest';
import { DeniedCalls } from '../../src/audit/denied-calls.ts';
import { bindAuditCases } from '../../src/journeys/audit-cases.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { MemoryDatabase } from '../support/memory/memory-database.ts';

async function trail() {
  const database = new MemoryDatabase({ clock: systemClock });
  const record = (subject: string) =>
    database.run(({ audit }) =>
      audit.append([
        {
          organizationId: 'org_1',
          actor: { kind: 'system', id: 'test' },
          action: 'credential.revoked',
          subject,
          reason: null,
          details: {},
        },
      ]),
    );
  await record('crd_1');
  const { readers } = database;
  const walks = { begun: 0, under: 0, most: 0 };
  const audit = Object.assign(Object.create(readers.audit), {
    readAfter: async (after: number, limit: number) => {
      if (after === 0) {
        walks.begun += 1;
        walks.under += 1;
      }
      walks.most = Math.max(walks.most, walks.under);
      const records = await readers.audit.readAfter(after, limit);
      if (records.length === 0) walks.under -= 1;
      return records;
    },
  });
  const copies = { append: async () => undefined, last: async () => null, all: async () => [] };
  const cases = bindAuditCases({
    ...{ ...readers, audit, clock: systemClock, denied: new DeniedCalls() },
    checkpoints: { copies, trouble: null, cover: () => Promise.reject(new Error('unused')) },
  });
  return { cases, record, walks };
}

test('many who verify the trail at once walk it together', async () => {
  const { cases, walks } = await trail();
  const answers = await Promise.all(Array.from({ length: 50 }, () => cases.verifyAudit()));
  expect(answers.every(({ intact, records }) => intact && records === 1)).toBe(true);
  expect(walks).toEqual({ begun: 1, under: 0, most: 1 });
});

test('who asks during a walk gets the next one, with what was recorded meanwhile', async () => {
  const { cases, record, walks } = await trail();
  const first = cases.verifyAudit();
  while (walks.begun === 0) await Promise.resolve();
  await record('crd_2');
  const later = [cases.verifyAudit(), cases.verifyAudit()];
  await first;
  expect((await Promise.all(later)).map(({ records }) => records)).toEqual([2, 2]);
  expect(walks).toEqual({ begun: 2, under: 0, most: 1 });
});

test('checkpoints that differ are looked at one after the other', async () => {
  const { cases, walks } = await trail();
  const root = Buffer.alloc(32).toString('base64');
  const signature = Buffer.alloc(8).toString('base64');
  const answers = await Promise.all(
    [7, 8, 9].map((size) => {
      const checkpoint = `acme.com/audit\n${size}\n${root}\n\n— acme.com/audit ${signature}\n`;
      return cases.verifyAudit({ checkpoint });
    }),
  );
  expect(answers.map(({ detail }) => /has (\d) records/.exec(detail ?? '')?.[1])).toEqual([
    ...['7', '8', '9'],
  ]);
  expect(walks).toEqual({ begun: 3, under: 0, most: 1 });
});
