import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkIds, readCheckPage } from '../../src/cli/check-pages.ts';
import { readExplanations } from '../../src/cli/explanation.ts';
import { nearMatches } from '../../src/cli/near-matches.ts';
import { problems as serviceProblems } from '../../src/http/problems.ts';
import { standardRules } from '../../src/lint/standard-rules.ts';
import { probeRules } from '../../src/probe/rules.ts';
import { problems as sidecarProblems } from '../../src/sidecar/problems.ts';
import { type AgentWorld, startAgentWorld, type WorldAgent } from '../support/agent-world.ts';
import { runRecorded } from '../support/recording-terminal.ts';
import { tamperings } from '../verifier/support/tamperings.ts';

const explain = (...words: readonly string[]) => runRecorded(['explain', ...words]);

describe('a name', () => {
  test('of a check is explained from its page: what, why, when, how, and whose job', async () => {
    const { code, out, err } = await explain('status.suspension');
    expect([code, err]).toEqual([0, '']);
    const lines = out.split('\n');
    expect(lines[0]).toBe('status.suspension  a check of the verifier');
    expect(out).toContain('  title     not suspended\n');
    expect(out).toContain('  means     The bit of this credential is clear in every list');
    expect(out).toContain("  matters   A suspension is the issuer's word");
    expect(out).toContain('  fails     status-suspended (rejected): the issuer suspended the');
    expect(out).toContain('  mend      Ask the issuer why.');
    expect(out).toContain("  whose     the issuer's job");
    expect(out).toContain('  tell      The issuer suspended the credential, or the agent.');
    expect(lines.filter((line) => line.length > 96)).toEqual([]);
  });

  test('of a reason is explained by every check that gives it', async () => {
    const { code, out } = await explain('subject-mismatch', '--json');
    expect(code).toBe(0);
    const { id, explanations } = JSON.parse(out);
    expect(id).toBe('subject-mismatch');
    expect(explanations).toMatchObject([
      {
        kind: 'reason',
        title: 'found by the check credential.envelope: the credential is well formed',
      },
      {
        kind: 'reason',
        failures: [{ outcome: 'rejected', when: 'it is about another client' }],
        mender: 'publisher',
        source: 'docs/checks/credential.subject.md',
      },
    ]);
  });

  test('that stands for two things is explained as both', async () => {
    const { out } = await explain('document-too-large');
    expect(out.split('\n')[0]).toBe(
      'document-too-large  a reason of a verdict, and a problem code',
    );
    expect(out).toContain('  fails     document-too-large (rejected): more than 5,120 bytes');
    expect(out).toContain('  title     The client metadata would grow too large');
  });

  test.each([
    ['handle-taken', 'The handle is taken', 'Choose another handle'],
    ['body-late', 'The body did not arrive in time', 'in one go'],
    ['cimd.keys.absent', 'The client authenticates with a key', 'Add a jwks_uri.'],
    ['keycloak.metadata.unknown-members', 'It refuses a document with members', 'Publish a second'],
    ['auth0.document.size', 'Auth0 reads at most 5120 octets', 'Shorten the largest members'],
  ])('%s is known', async (name, title, mend) => {
    const { code, out } = await explain(name);
    expect(code).toBe(0);
    expect(out).toContain(`  title     ${title}`);
    expect(out).toContain(mend);
  });

  test('is known for every check, reason, problem and rule there is', async () => {
    const known = await readExplanations();
    const names = [
      ...checkIds(),
      ...tamperings.map(({ reason }) => reason),
      ...Object.keys(serviceProblems),
      ...Object.keys(sidecarProblems),
      ...Object.keys(standardRules),
      ...Object.keys(probeRules),
    ];
    expect(names.filter((name) => !known.has(name))).toEqual([]);
    expect(names.length).toBeGreaterThan(100);
  });

  test.each([
    ['status.revocaton', 'Did you mean status.revocation?'],
    ['revoked', 'Did you mean status-revoked?'],
    ['STATUS-REVOKED', 'Did you mean status-revoked?'],
    ['xyzzy', 'Give an id as a report shows it'],
  ])('%s, which nobody has, is exit 2 with what is near', async (typed, fix) => {
    const { code, out, err } = await explain(typed);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(`✖ There is nothing called ${typed} to explain`);
    expect(err).toContain(`  fix  ${fix}`);
    const { err: data } = await explain(typed, '--json');
    expect(JSON.parse(data)).toMatchObject({ error: { code: 'nothing-to-explain', exitCode: 2 } });
  });
});

describe('near matches', () => {
  test('are the fewest letters away, three at most, and none when all are far', () => {
    const names = ['status.revocation', 'status.suspension', 'status-revoked', 'access.scopes'];
    expect(nearMatches('statusrevocation', names)).toEqual(['status.revocation']);
    expect(nearMatches('status', ['status.a', 'status.b', 'status.c', 'status.d'])).toEqual([
      'status.a',
      'status.b',
      'status.c',
    ]);
    expect(nearMatches('q', names)).toEqual([]);
    expect(nearMatches('x'.repeat(100_000), names)).toEqual([]);
  });
});

describe('the pages', () => {
  test('give every part', () => {
    for (const page of checkIds().map(readCheckPage)) {
      const { title, checks, matters, mend, tell } = page;
      expect([title, checks, matters, mend, tell].filter((part) => part === '')).toEqual([]);
      expect(checks + matters + mend + tell).not.toContain('](');
    }
    expect(readCheckPage('client-id.trust')).toMatchObject({
      mender: 'operator',
      failures: [{ reasons: ['client-blocked'] }, { reasons: ['issuer-not-trusted'] }],
    });
    expect(readCheckPage('document.keys').failures.at(-1)?.reasons).toEqual([
      'fetch-blocked',
      'fetch-failed',
      'document-too-large',
    ]);
  });
});

describe('papers', () => {
  let world: AgentWorld;
  let agent: WorldAgent;
  const directory = mkdtempSync(join(tmpdir(), 'explain-'));

  beforeAll(async () => {
    world = await startAgentWorld();
    agent = await world.publish({ handle: 'bot', authorizedScopes: ['read:logs'] });
  });

  afterAll(() => world[Symbol.asyncDispose]());

  test('that are in order leave nothing to explain, and the exit code of verify', async () => {
    const { code, out } = await explain(agent.clientId, '--allow-loopback');
    expect(code).toBe(4);
    expect(out).toContain('! VALID, NOT TRUSTED  bot');
    expect(out).toContain('  Nothing to explain: no check failed, and none was left open.');
  });

  test('that are refused are explained: expected, found, whose job and what to say', async () => {
    const bad = await world.publish({ handle: 'revoked', authorizedScopes: ['read:logs'] });
    await world.mark(bad, 'revocation', true);
    const { code, out } = await explain(bad.clientId, '--allow-loopback');
    expect(code).toBe(1);
    expect(out).toContain('✖ NOT VERIFIED  revoked: status-revoked');
    expect(out).toContain('  ✖ status.revocation  fail\n');
    expect(out).toContain('    expected  Not revoked. The bit of this credential is clear');
    expect(out).toContain(`    found     list: ${world.lists[0]}`);
    expect(out).toContain("    whose     the issuer's job");
    expect(out).toContain('    tell      The issuer took the credential back for good.');
    const data = JSON.parse((await explain(bad.clientId, '--allow-loopback', '--json')).out);
    expect(data).toMatchObject({
      report: { outcome: 'rejected', reason: 'status-revoked' },
      troubles: [
        {
          check: 'status.revocation',
          outcome: 'fail',
          expected: 'Not revoked',
          found: { list: world.lists[0] },
          mender: 'issuer',
        },
      ],
    });
  });

  test('that cannot be judged are explained too, exit 3', async () => {
    const mend = world.breakBelow('/status/');
    const { code, out } = await explain(agent.clientId, '--allow-loopback');
    mend();
    expect(code).toBe(3);
    expect(out).toContain('  ? status.lists  undetermined\n');
  });

  test('may be a file with a plain name; one that is not there is nothing', async () => {
    const path = join(directory, 'passport.jwt');
    writeFileSync(path, String(world.documentAt('/a/bot/client.json')['vc+jwt']));
    expect((await explain(path, '--allow-loopback')).code).toBe(4);
    const before = process.cwd();
    process.chdir(directory);
    try {
      expect((await explain('passport.jwt', '--allow-loopback')).code).toBe(4);
      expect((await explain('absent.jwt')).code).toBe(2);
    } finally {
      process.chdir(before);
    }
    expect((await explain('/nowhere/absent.jwt')).err).toContain('it does not exist');
  });
});
