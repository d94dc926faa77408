import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DiskCopy } from '../../src/disk-copy/disk-copy.ts';
import type { PublicDocument } from '../../src/publication/public-document.ts';
import { aDocument } from '../publication/made-document.ts';

let folder: string;
let copy: DiskCopy;
let troubles: unknown[];
let limits: { segmentBytes?: number; slackBytes?: number };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sw-copy-'));
  troubles = [];
  limits = {};
});

afterEach(async () => {
  await copy[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function reopen(): Promise<void> {
  await copy?.[Symbol.asyncDispose]();
  const onTrouble = (error: unknown) => troubles.push(error);
  copy = await DiskCopy.open({ folder: join(folder, 'public'), onTrouble, ...limits });
}

async function keep(...documents: readonly PublicDocument[]): Promise<void> {
  copy.keep(documents);
  await copy.flush();
}

const files = () => readdirSync(join(folder, 'public')).filter((name) => name.endsWith('.docs'));
const onlyFile = () => join(folder, 'public', files()[0] ?? '');

describe('what is kept', () => {
  it('is there after the process ended, member for member', async () => {
    await reopen();
    const list: PublicDocument = {
      ...aDocument('//id.acme.com/status/1r', 7),
      body: new TextEncoder().encode('one \u{1F600}'),
      expiresAt: new Date('2026-11-22T00:00:00.123Z'),
      link: '<b>; rel="next"',
    };
    const gone: PublicDocument = { ...aDocument('/a', 2, 0), state: 'gone' };
    await keep(list, gone);
    await reopen();
    expect(await copy.find('//id.acme.com/status/1r')).toEqual(list);
    expect(await copy.find('/a')).toEqual(gone);
    expect(await copy.find('/b')).toBeNull();
    expect([copy.size, copy.versionOf('/a'), copy.versionOf('/b')]).toEqual([2, 2, 0]);
  });

  it('is found before it is written', async () => {
    await reopen();
    copy.keep([aDocument('/a', 1)]);
    expect(await copy.find('/a')).toEqual(aDocument('/a', 1));
    expect([copy.size, copy.versionOf('/a')]).toEqual([1, 1]);
  });

  it('is never replaced by an older version, now or when it is read again', async () => {
    await reopen();
    await keep(aDocument('/a', 3));
    await keep(aDocument('/a', 2), aDocument('/b', 1));
    await keep(aDocument('/b', 2));
    expect((await copy.find('/a'))?.version).toBe(3);
    await reopen();
    expect((await copy.find('/a'))?.version).toBe(3);
    expect((await copy.find('/b'))?.version).toBe(2);
  });

  it('is readable by us alone', async () => {
    await reopen();
    await keep(aDocument('/a', 1));
    expect(statSync(join(folder, 'public')).mode & 0o777).toBe(0o700);
    expect(statSync(onlyFile()).mode & 0o777).toBe(0o600);
  });
});

describe('a damaged file', () => {
  it.each(['in the lengths', 'in the digest', 'in the description', 'in the octets'])(
    'loses the record that was changed %s, and no other',
    async (where) => {
      await reopen();
      for (const name of ['/a', '/b', '/c']) await keep(aDocument(name, 1, 500));
      const octets = readFileSync(onlyFile());
      const second = octets.indexOf('SWD1', 1);
      const places: Record<string, number> = {
        'in the lengths': second + 7,
        'in the digest': second + 20,
        'in the description': second + 60,
        'in the octets': octets.indexOf('SWD1', second + 1) - 5,
      };
      const place = places[where] ?? 0;
      octets[place] = (octets[place] ?? 0) ^ 1;
      writeFileSync(onlyFile(), octets);
      await reopen();
      expect(await copy.find('/a')).toEqual(aDocument('/a', 1, 500));
      expect(await copy.find('/b')).toBeNull();
      expect(await copy.find('/c')).toEqual(aDocument('/c', 1, 500));
    },
  );

  it('that was cut off loses its end, and takes new documents', async () => {
    await reopen();
    await keep(aDocument('/a', 1, 500), aDocument('/b', 1, 500));
    truncateSync(onlyFile(), statSync(onlyFile()).size - 10);
    await reopen();
    expect([copy.versionOf('/a'), copy.versionOf('/b')]).toEqual([1, 0]);
    await keep(aDocument('/b', 1, 500));
    await reopen();
    expect(await copy.find('/b')).toEqual(aDocument('/b', 1, 500));
  });

  it('that is damaged while we run is not served, and the copy is out of step', async () => {
    await reopen();
    await keep(aDocument('/a', 1, 500));
    copy.beginComparison();
    await copy.endComparison();
    expect(copy.isInStep).toBe(true);
    const octets = readFileSync(onlyFile());
    octets[octets.byteLength - 1] = 0;
    writeFileSync(onlyFile(), octets);
    expect(await copy.find('/a')).toBeNull();
    expect([copy.isInStep, copy.versionOf('/a')]).toEqual([false, 0]);
  });
});

describe('room', () => {
  it('is given back: files of former versions go, and what is present stays', async () => {
    limits = { segmentBytes: 4_000, slackBytes: 10_000 };
    await reopen();
    await keep(aDocument('/a', 1), aDocument('/stays', 1));
    for (let version = 2; version < 200; version += 1) {
      await keep(aDocument('/a', version, 1_000));
    }
    const bytes = files().reduce(
      (sum, name) => sum + statSync(join(folder, 'public', name)).size,
      0,
    );
    expect(bytes).toBeLessThan(20_000);
    await reopen();
    expect((await copy.find('/a'))?.version).toBe(199);
    expect(await copy.find('/stays')).toEqual(aDocument('/stays', 1));
  });

  it('that is lacking leaves what was kept, is said once, and is no trouble afterwards', async () => {
    await reopen();
    await keep(aDocument('/a', 1));
    await reopen();
    rmSync(join(folder, 'public'), { recursive: true });
    copy.beginComparison();
    await keep(aDocument('/a', 2));
    await keep(aDocument('/b', 1));
    await copy.endComparison();
    expect(troubles).toEqual([expect.objectContaining({ code: 'ENOENT' })]);
    expect([copy.isInStep, (await copy.find('/a'))?.version]).toEqual([false, 1]);
    mkdirSync(join(folder, 'public'));
    copy.beginComparison();
    await keep(aDocument('/a', 2), aDocument('/b', 1));
    await copy.endComparison();
    expect(troubles).toHaveLength(2);
    expect(troubles[1]).toBeNull();
    expect([copy.isInStep, copy.versionOf('/a'), copy.versionOf('/b')]).toEqual([true, 2, 1]);
  });
});

it('gives up what it holds of another database', async () => {
  await reopen();
  await copy.belongTo('one');
  await keep(aDocument('/a', 900));
  await reopen();
  await copy.belongTo('one');
  expect(copy.size).toBe(1);
  await copy.belongTo('other');
  expect([copy.size, files()]).toEqual([0, []]);
  await keep(aDocument('/a', 1));
  await reopen();
  await copy.belongTo('other');
  expect((await copy.find('/a'))?.version).toBe(1);
});

it('drops what is published no more', async () => {
  await reopen();
  await keep(aDocument('/a', 1), aDocument('/b', 1));
  copy.drop(['/a', '/never']);
  expect([...copy.paths()]).toEqual(['/b']);
  expect(await copy.find('/a')).toBeNull();
});
