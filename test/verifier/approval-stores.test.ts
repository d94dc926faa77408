import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { createMemoryApprovals } from '../../src/verifier/index.ts';
import { type ApprovalsFile, openApprovalsFile } from '../../src/verifier/node/index.ts';
import {
  describeApprovalStoreContract,
  madeApproval,
} from '../contracts/approval-store.contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'approvals-'));
const opened: ApprovalsFile[] = [];
let files = 0;

afterEach(() => {
  for (const file of opened.splice(0)) file.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function freshPath(): string {
  files += 1;
  return join(folder, `approvals-${files}.json`);
}

async function open(path = freshPath(), options = {}): Promise<ApprovalsFile> {
  const file = await openApprovalsFile(path, { everyMs: 20, ...options });
  opened.push(file);
  return file;
}

const one = 'https://id.acme.com/a/bot/client.json';
const entry = madeApproval(one);

describeApprovalStoreContract('createMemoryApprovals', createMemoryApprovals);
describeApprovalStoreContract('openApprovalsFile', () => open());

describe('a file of approvals', () => {
  it('has everything when it is opened again', async () => {
    const path = freshPath();
    await (await open(path)).update(one, () => entry);
    expect(await (await open(path)).all()).toEqual([entry]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('has on the disk what an update answered, and leaves nothing beside it', async () => {
    const path = freshPath();
    await (await open(path)).update(one, () => entry);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ version: 1, approvals: [entry] });
    expect(existsSync(`${path}.next`)).toBe(false);
  });

  it('takes no entry that could not be read again, and keeps what is there', async () => {
    const path = freshPath();
    const file = await open(path);
    await file.update(one, () => entry);
    const decision = {
      state: 'blocked',
      by: 'ops',
      reason: '',
      at: '2026-11-20T12:00:00Z',
    } as const;
    const change = () => ({ ...entry, decision: { ...decision, digest: null } });
    await expect(file.update(one, change)).rejects.toThrow(
      'This is no approval: /approvals/0/decision/reason must be a text that is not empty',
    );
    expect(file.all()).toEqual([entry]);
    expect(await (await open(path)).all()).toEqual([entry]);
  });

  it('survives a crash in the middle of a write: what was there before is there', async () => {
    const path = freshPath();
    await (await open(path)).update(one, () => entry);
    const built = resolve(import.meta.dirname, '../../dist/verifier/node/index.js');
    const program = `
      import { rename } from 'node:fs/promises';
      import { openApprovalsFile } from ${JSON.stringify(built)};
      const file = await openApprovalsFile(${JSON.stringify(path)});
      const [kept] = file.all();
      const long = 'x'.repeat(50_000_000);
      void file.update('other.com', () => ({ ...kept, name: 'other.com', seen: { ...kept.seen, issuer: long } }));
      const { existsSync } = await import('node:fs');
      const look = () => existsSync(${JSON.stringify(`${path}.next`)}) ? process.kill(process.pid, 'SIGKILL') : setImmediate(look);
      look();
    `;
    const run = () => execFileSync(process.execPath, ['--input-type=module', '-e', program]);
    expect(run).toThrow(/SIGKILL|Command failed/);
    expect(existsSync(`${path}.next`)).toBe(true);
    expect(await (await open(path)).all()).toEqual([entry]);
  });

  const valid = { version: 1, approvals: [entry] };
  const decided = {
    state: 'allowed',
    by: 'a',
    reason: 'b',
    at: '2026-11-20T12:00:00Z',
    digest: null,
  };
  it.each<[string, unknown, string]>([
    ['empty', '', 'not a JSON text'],
    ['cut off', JSON.stringify(valid).slice(0, -9), 'not a JSON text'],
    ['of another version', { ...valid, version: 2 }, '/version must be 1'],
    ['without its entries', { version: 1 }, '/approvals is missing'],
    ['with a member more', { ...valid, more: 1 }, '/more is not a known member'],
    [
      'with a name twice',
      { version: 1, approvals: [entry, entry] },
      '/approvals names one thing twice',
    ],
    [
      'with an entry without its history',
      { version: 1, approvals: [{ ...entry, history: undefined }] },
      '/approvals/0/history is missing',
    ],
    [
      'with a decision that is none',
      { version: 1, approvals: [{ ...entry, decision: { ...decided, state: 'maybe' } }] },
      '/approvals/0/decision/state must be allowed, blocked or forgotten',
    ],
    [
      'with a decision at no time',
      { version: 1, approvals: [{ ...entry, decision: { ...decided, at: 'now' } }] },
      '/approvals/0/decision/at must be an instant',
    ],
    [
      'with a name that is none',
      { version: 1, approvals: [{ ...entry, name: '*' }] },
      '/approvals/0/name is no client, host or issuer',
    ],
    [
      'with a document that is none',
      { version: 1, approvals: [{ ...entry, seen: { ...entry.seen, document: '[' } }] },
      '/approvals/0/seen/document is no JSON object',
    ],
  ])('is refused when it is %s, and left as it is', async (_, content, detail) => {
    const path = freshPath();
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    writeFileSync(path, text);
    await expect(openApprovalsFile(path)).rejects.toThrow(
      new RegExp(`^The approvals in \\S+ cannot be used: .*${detail.replaceAll('/', '\\/')}`),
    );
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  it('that breaks later answers nothing and takes nothing, until it is mended', async () => {
    const path = freshPath();
    const reloads: boolean[] = [];
    const file = await open(path, { onReload: (read: { ok: boolean }) => reloads.push(read.ok) });
    await file.update(one, () => entry);
    writeFileSync(path, '{');
    await expect.poll(() => reloads).toEqual([false]);
    expect(() => file.find([one])).toThrow(/^The approvals in \S+ cannot be used/);
    expect(() => file.all()).toThrow(/cannot be used/);
    await expect(async () => file.update(one, () => entry)).rejects.toThrow(/cannot be used/);
    expect(readFileSync(path, 'utf8')).toBe('{');
    writeFileSync(path, JSON.stringify({ version: 1, approvals: [entry] }));
    await expect.poll(() => reloads).toEqual([false, true]);
    expect(await file.all()).toEqual([entry]);
  });

  it('that disappears is not an empty one', async () => {
    const path = freshPath();
    const file = await open(path);
    rmSync(path);
    await expect.poll(() => file.reload()).toMatchObject({ ok: false });
    expect(() => file.find([one])).toThrow('cannot be read (ENOENT)');
  });

  it('shows what another process wrote, at the latest when it is about to change it', async () => {
    const path = freshPath();
    const [first, second] = [await open(path), await open(path, { everyMs: 60_000 })];
    await first.update(one, () => entry);
    const other = madeApproval('other.com');
    await second.update('other.com', () => other);
    await expect.poll(() => first.all()).toEqual([entry, other]);
  });
});
