import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AuditRecord } from '../../src/audit/audit-event.ts';
import { hashRecord } from '../../src/audit/hash-chain.ts';
import { AuditJournal } from '../../src/journal/audit-journal.ts';
import { readEntry } from '../../src/journal/journal-entry.ts';
import { readJournalAfter } from '../../src/journal/read-journal.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { MemoryDatabase } from '../support/memory/memory-database.ts';

let place: string;
let dir: string;
let database: MemoryDatabase;

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'sw-journal-'));
  dir = join(place, 'journal');
  database = new MemoryDatabase({ clock: systemClock });
});

afterEach(() => rmSync(place, { recursive: true, force: true }));

const said: string[] = [];

function open(options: { readonly maxFileBytes?: number } = {}): Promise<AuditJournal> {
  said.length = 0;
  const log = (message: string): void => void said.push(message);
  return AuditJournal.open({
    dir,
    audit: database.readers.audit,
    clock: systemClock,
    log,
    ...options,
  });
}

/** Commits records and returns them: what a process then has to keep. */
async function commit(...subjects: string[]): Promise<readonly AuditRecord[]> {
  const [before] = (await database.readers.audit.readAfter(0, 1_000_000)).slice(-1);
  await database.run(({ audit }) =>
    audit.append(
      subjects.map((subject) => ({
        organizationId: 'org_1',
        actor: { kind: 'system', id: 'test' },
        action: 'credential.revoked',
        subject,
        reason: null,
        details: {},
      })),
    ),
  );
  return database.readers.audit.readAfter(before?.sequence ?? 0, 1_000_000);
}

/** The sequences in each file, oldest file first. */
function kept(): readonly (readonly number[])[] {
  return readdirSync(dir)
    .sort()
    .map((name) =>
      readFileSync(join(dir, name), 'utf8')
        .split('\n')
        .flatMap((line) => readEntry(line)?.sequence ?? []),
    );
}

describe('the journal', () => {
  test('has a record on disk when keeping it resolves, in a file for its owner alone', async () => {
    await using journal = await open();
    await journal.keep(await commit('crd_1', 'crd_2'));
    expect(kept()).toEqual([[1, 2]]);
    const [name = ''] = readdirSync(dir);
    expect(statSync(join(dir, name)).mode & 0o777).toBe(0o600);
  });

  test('writes what comes together at once, and answers each', async () => {
    await using journal = await open();
    const batches = [await commit('crd_1'), await commit('crd_2'), await commit('crd_3')];
    await Promise.all(batches.toReversed().map((records) => journal.keep(records)));
    expect(kept()).toEqual([[3, 2, 1]]);
  });

  test('appends at the next start what was committed before a kill', async () => {
    const killed = await open();
    await killed.keep(await commit('crd_1'));
    await commit('crd_2');
    await killed.keep(await commit('crd_3'));
    await killed[Symbol.asyncDispose]();
    await using _next = await open();
    expect(kept()).toEqual([[1, 3], [2]]);
  });

  test('takes a torn last line for one that is not there', async () => {
    const killed = await open();
    await killed.keep(await commit('crd_1', 'crd_2'));
    await killed[Symbol.asyncDispose]();
    const [name = ''] = readdirSync(dir);
    const text = readFileSync(join(dir, name), 'utf8');
    writeFileSync(join(dir, name), text.slice(0, -20));
    await using _next = await open();
    expect(kept()).toEqual([[1], [2]]);
  });

  test('needs no older file once a newer one says that it was complete', async () => {
    const first = await open();
    await first.keep(await commit('crd_1', 'crd_2'));
    await first[Symbol.asyncDispose]();
    await (await open())[Symbol.asyncDispose]();
    const [oldest = ''] = readdirSync(dir).sort();
    rmSync(join(dir, oldest));
    await using _next = await open();
    expect(kept()).toEqual([[], []]);
  });

  test('begins another file when one is full', async () => {
    await using journal = await open({ maxFileBytes: 1_000 });
    for (const subject of ['crd_1', 'crd_2', 'crd_3', 'crd_4']) {
      await journal.keep(await commit(subject));
    }
    expect(kept()).toEqual([[1, 2, 3], [4]]);
  });

  test('takes in what other processes committed', async () => {
    await using journal = await open();
    await commit('crd_1');
    await journal.keep(await commit('crd_2'));
    await journal.catchUp();
    expect(kept()).toEqual([[2, 1]]);
  });
});

describe('a directory that cannot be written to', () => {
  const blocked = (): void => writeFileSync(dir, 'a file where the directory should be');

  test('is no reason not to start, and refuses changes before they are made', async () => {
    writeFileSync(join(place, 'file'), '');
    dir = join(place, 'file', 'journal');
    await expect(open()).rejects.toMatchObject({ code: 'start-refused' });
    dir = '/sys/sealwright-journal';
    await using journal = await open();
    expect(journal.isOpen).toBe(false);
    expect(() => journal.checkOpen()).toThrow('audit-unavailable');
    expect(said).toEqual(['The audit journal cannot be written to: nothing is changed meanwhile.']);
  });

  test('leaves the calls that are under way in doubt, and keeps their records once it can', async () => {
    const journal = await open({ maxFileBytes: 1 });
    const records = await commit('crd_1');
    renameSync(dir, `${dir}.away`);
    blocked();
    await expect(journal.keep(records)).rejects.toMatchObject({ code: 'audit-unavailable' });
    expect(journal.isOpen).toBe(false);
    rmSync(dir);
    while (!journal.isOpen) await delay(20);
    expect(kept()).toEqual([[1]]);
    expect(said.at(-1)).toBe('The audit journal can be written to again.');
    await journal[Symbol.asyncDispose]();
  });
});

describe('a database that lacks what the journal has', () => {
  test('is not started on', async () => {
    const journal = await open();
    await journal.keep(await commit('crd_1', 'crd_2'));
    await journal[Symbol.asyncDispose]();
    database = new MemoryDatabase({ clock: systemClock });
    await commit('crd_1');
    await expect(open()).rejects.toThrow('sealwright restore --replay');
  });

  test('is not started on either when it went on from the older state', async () => {
    const journal = await open();
    await journal.keep(await commit('crd_1', 'crd_2'));
    await journal[Symbol.asyncDispose]();
    database = new MemoryDatabase({ clock: systemClock });
    await commit('crd_1', 'crd_3', 'crd_4');
    await expect(open()).rejects.toMatchObject({ code: 'start-refused' });
  });

  test('stops all work of a running process until it has that again', async () => {
    await using journal = await open();
    await journal.keep(await commit('crd_1', 'crd_2'));
    const whole = database.readers.audit.readAfter.bind(database.readers.audit);
    const audit = database.readers.audit as { readAfter: typeof whole };
    audit.readAfter = async () => [];
    await journal.catchUp();
    expect(journal.isOpen).toBe(false);
    expect(() => journal.checkDatabase()).toThrow('audit-unavailable');
    audit.readAfter = whole;
    await journal.catchUp();
    expect(journal.isOpen).toBe(true);
    journal.checkDatabase();
  });
});

test('an altered line is no entry', async () => {
  await using journal = await open();
  await journal.keep(await commit('crd_1'));
  const [name = ''] = readdirSync(dir);
  const path = join(dir, name);
  const text = readFileSync(path, 'utf8').replace('crd_1', 'crd_2');
  writeFileSync(path, text);
  appendFileSync(path, 'not json\n{}\n');
  expect(kept()).toEqual([[]]);
});

describe('a damaged file', () => {
  /** Two records in one file, whose text is changed, and a database that has the first alone. */
  async function damage(change: (lines: readonly string[]) => readonly string[]) {
    const journal = await open();
    const [first] = await commit('crd_1');
    if (first === undefined) throw new Error('nothing was committed');
    await journal.keep([first, ...(await commit('crd_2'))]);
    await journal[Symbol.asyncDispose]();
    const path = join(dir, readdirSync(dir)[0] ?? '');
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    writeFileSync(path, `${change(lines).join('\n')}\n`);
    database = new MemoryDatabase({ clock: systemClock });
    await commit('crd_1');
    return first;
  }

  test('without a heading keeps its entries, for the start and for a replay', async () => {
    const first = await damage(([heading = '', ...entries]) => [heading.slice(1), ...entries]);
    await expect(open()).rejects.toThrow('sealwright restore --replay');
    const { records, missing } = await readJournalAfter(dir, first);
    expect(records.map(({ subject }) => subject)).toEqual(['crd_2']);
    expect(missing).toEqual([]);
  });

  test.each([
    ['lower', -5],
    ['immensely higher', Number.MAX_SAFE_INTEGER],
  ])('has no entry whose sequence is %s than its record says', async (_, sequence) => {
    const forged = (line: string) => JSON.stringify({ ...JSON.parse(line), sequence });
    const first = await damage((lines) => [...lines, forged(lines.at(-1) ?? '')]);
    const { records } = await readJournalAfter(dir, first);
    expect(records.map((record) => record.sequence)).toEqual([2]);
    expect(kept()).toEqual([[1, 2]]);
  });

  test('names a few of the missing records however far the next one is', async () => {
    const far = Number.MAX_SAFE_INTEGER;
    const first = await damage((lines) => {
      const { previousHash } = JSON.parse(lines.at(-1) ?? '');
      const body = JSON.stringify({ sequence: far, subject: 'crd_9' });
      const hash = hashRecord(previousHash, body);
      return [...lines, JSON.stringify({ sequence: far, previousHash, hash, body })];
    });
    const { records, linked, missing } = await readJournalAfter(dir, first);
    expect(records.map(({ sequence }) => sequence)).toEqual([2, far]);
    expect(linked).toBe(1);
    expect(missing).toHaveLength(100);
    expect(missing[0]).toBe(3);
  }, 10_000);
});
