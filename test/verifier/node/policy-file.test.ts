import { mkdtempSync, rmSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import type { Parsed } from '../../../src/protocol/parsed.ts';
import { createVerifier } from '../../../src/verifier/index.ts';
import {
  followPolicyFile,
  type PolicyFollower,
  readPolicyFile,
} from '../../../src/verifier/node/index.ts';
import type { TrustPolicy } from '../../../src/verifier/ports.ts';
import { createPaperWorld, type PaperWorld } from '../support/paper-world.ts';

const distrusting = `
mode: enforce
trust:
  - issuer: did:web:other.com
    clientIds: [https://id.acme.com/a/]
    credentialTypes: [AgentAuthorizationCredential]
`;
const trusting = distrusting.replace('did:web:other.com', 'did:web:id.acme.com');

let folder: string;
let path: string;
let world: PaperWorld;
let followers: PolicyFollower[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sealwright-policy-'));
  path = join(folder, 'trust.yaml');
  world = await createPaperWorld();
  followers = [];
});

afterEach(() => {
  for (const follower of followers) follower.close();
  rmSync(folder, { recursive: true, force: true });
});

function follow(everyMs = 60_000) {
  const verifier = createVerifier(world.options());
  const taken: Parsed<TrustPolicy>[] = [];
  const onReload = (policy: Parsed<TrustPolicy>) => taken.push(policy);
  const follower = followPolicyFile(verifier, { path, parse }, { onReload, everyMs });
  followers.push(follower);
  const outcome = async () => (await verifier.verifyClient(world.clientId)).outcome;
  return { follower, taken, outcome };
}

describe('a policy file', () => {
  it('is read as strict JSON unless a parser is given', async () => {
    await writeFile(path, '{"mode":"enforce","mode":"monitor","trust":[]}');
    expect(await readPolicyFile({ path })).toMatchObject({
      ok: false,
      faults: [{ rule: 'json-duplicate' }],
    });
    await writeFile(path, '{"mode":"monitor","trust":[]}');
    expect(await readPolicyFile({ path })).toEqual({
      ok: true,
      value: { mode: 'monitor', trust: [] },
    });
  });

  it.each([
    ['trust: [', 'policy-syntax'],
    ['mode: enforce', 'policy-list'],
    ['mode: enforce\ntrust: []\nmod: x', 'policy-unknown'],
    ['', 'policy-object'],
  ])('%j is refused by %s', async (text, rule) => {
    await writeFile(path, text);
    const read = await readPolicyFile({ path, parse });
    expect(read.ok ? [] : read.faults.map((fault) => fault.rule)).toContain(rule);
  });

  it('that its parser does not take is a fault, and nothing of it is repeated', async () => {
    await writeFile(path, 'secret: [');
    expect(await readPolicyFile({ path, parse })).toEqual({
      ok: false,
      faults: [{ pointer: '', rule: 'policy-syntax', detail: 'the file is not in its format' }],
    });
  });

  it('that is not there is a fault, and its path is not in it', async () => {
    expect(await readPolicyFile({ path })).toEqual({
      ok: false,
      faults: [
        { pointer: '', rule: 'policy-unreadable', detail: 'the file cannot be read (ENOENT)' },
      ],
    });
  });
});

describe('a verifier that follows a policy file', () => {
  it('F-17 keeps the policy in force when the file is broken or gone, and says so', async () => {
    await writeFile(path, trusting);
    const { follower, taken, outcome } = follow();
    expect(await follower.reload()).toMatchObject({ ok: true });
    for (const broken of ['trust: [', 'mode: enforce\ntrust: any', '{}', '']) {
      await writeFile(path, broken);
      expect(await follower.reload()).toMatchObject({ ok: false });
      expect(await outcome()).toBe('accepted');
    }
    await rm(path);
    expect(await follower.reload()).toMatchObject({ ok: false });
    expect(await outcome()).toBe('accepted');
    expect(taken.map(({ ok }) => ok)).toEqual([true, false, false, false, false, false]);
  });

  it('judges by the new policy from the next question on', async () => {
    await writeFile(path, distrusting);
    const { follower, outcome } = follow();
    expect(await outcome()).toBe('accepted');
    await follower.reload();
    expect(await outcome()).toBe('rejected');
    await writeFile(path, trusting);
    await follower.reload();
    expect(await outcome()).toBe('accepted');
  });

  it('notices by itself that the file was replaced', async () => {
    await writeFile(path, trusting);
    const { taken, outcome } = follow(20);
    await writeFile(`${path}.new`, distrusting);
    await rename(`${path}.new`, path);
    await vi.waitFor(() => expect(taken).toHaveLength(1), { timeout: 5_000 });
    expect(await outcome()).toBe('rejected');
  });

  it('stops when it is closed', async () => {
    await writeFile(path, trusting);
    const { follower, taken } = follow(20);
    follower.close();
    await writeFile(path, distrusting);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(taken).toEqual([]);
  });
});
