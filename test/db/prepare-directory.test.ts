import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prepareDataDir } from '../../src/db/prepare-directory.ts';

const isRoot = process.getuid?.() === 0;
let place: string;
let messages: string[];

beforeEach(() => {
  place = mkdtempSync('/tmp/sw-place-');
  chmodSync(place, 0o755);
  messages = [];
});

afterEach(() => {
  rmSync(place, { recursive: true, force: true });
});

function prepare(path: string) {
  return prepareDataDir({
    dataDir: join(place, path),
    rootDataDir: join(place, 'var-lib'),
    log: (text) => messages.push(text),
  });
}

const modeOf = (path: string): number => statSync(join(place, path)).mode & 0o777;

it('creates the directory and says nothing', () => {
  expect(prepare('a/b').dataDir).toBe(join(place, 'a/b'));
  expect(existsSync(join(place, 'a/b'))).toBe(true);
  expect(prepare('a/b').dataDir).toBe(join(place, 'a/b'));
  expect(messages).toEqual([]);
});

function asOrdinaryUser(): void {
  it('keeps the directory to that user, who runs the server', () => {
    expect(prepare('data').user).toBeNull();
    expect(modeOf('data')).toBe(0o700);
  });

  it('uses a directory in a private place', () => {
    mkdirSync(join(place, 'private'), { mode: 0o700 });
    expect(prepare('private/data').dataDir).toBe(join(place, 'private/data'));
  });
}

function asRoot(): void {
  it('lets an unprivileged account pass through, and no more', () => {
    const mask = process.umask(0o077);
    try {
      expect(prepare('a/b').user?.uid).toBeGreaterThan(0);
    } finally {
      process.umask(mask);
    }
    expect([modeOf('a'), modeOf('a/b')]).toEqual([0o711, 0o711]);
  });

  it('takes another directory when that account cannot reach the one asked for', () => {
    mkdirSync(join(place, 'root-only'), { mode: 0o700 });
    expect(prepare('root-only/data').dataDir).toBe(join(place, 'var-lib'));
    expect(existsSync(join(place, 'root-only/data'))).toBe(false);
    expect(messages).toEqual([
      `The database may not run as root, and its account cannot reach ${place}/root-only/data: the data is in ${place}/var-lib.`,
    ]);
  });

  it('opens an empty directory of its own a little, and none that holds something else', () => {
    mkdirSync(join(place, 'empty'), { mode: 0o700 });
    expect(prepare('empty').dataDir).toBe(join(place, 'empty'));
    expect(modeOf('empty')).toBe(0o711);
    mkdirSync(join(place, 'claimed/claims'), { recursive: true });
    chmodSync(join(place, 'claimed'), 0o700);
    expect(prepare('claimed').dataDir).toBe(join(place, 'claimed'));
    mkdirSync(join(place, 'home'), { mode: 0o700 });
    writeFileSync(join(place, 'home/diary'), '');
    expect(prepare('home').dataDir).toBe(join(place, 'var-lib'));
    expect(modeOf('home')).toBe(0o700);
  });

  it('refuses when neither can be reached, and says what helps', () => {
    chmodSync(place, 0o700);
    expect(() => prepare('data')).toThrow(/Set SEALWRIGHT_DATA_DIR or DATABASE_URL/);
  });
}

if (isRoot) describe('as root', asRoot);
else describe('as an ordinary user', asOrdinaryUser);
