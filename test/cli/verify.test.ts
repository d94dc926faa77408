import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkSubject } from '../../src/cli/examine.ts';
import { recordDecision } from '../../src/verifier/index.ts';
import { openApprovalsFile } from '../../src/verifier/node/index.ts';
import type { Report } from '../../src/verifier/verdict.ts';
import { type AgentWorld, startAgentWorld, type WorldAgent } from '../support/agent-world.ts';
import { runRecorded } from '../support/recording-terminal.ts';

const directory = mkdtempSync(join(tmpdir(), 'verify-'));
const loopback = '--allow-loopback';
let world: AgentWorld;
let agent: WorldAgent;
let jwt: string;

beforeAll(async () => {
  world = await startAgentWorld();
  agent = await world.publish({ handle: 'bot', authorizedScopes: ['read:logs'] });
  jwt = String(world.documentAt('/a/bot/client.json')['vc+jwt']);
});

afterAll(() => world[Symbol.asyncDispose]());

describe('with a policy', () => {
  test('a trusted client is accepted, exit 0, with the sentence first', async () => {
    const scopes = ['--scope', 'read:logs read:pii'];
    const answer = await verify([agent.clientId, '--policy', policyFile(), ...scopes, loopback]);
    expect(answer.code).toBe(0);
    expect(answer.err).toBe('');
    const [sentence] = answer.out.split('\n');
    expect(sentence).toBe(
      `✔ VERIFIED  bot: papers in order, issued by ${world.issuer}, whom your policy trusts`,
    );
    expect(answer.out).toMatch(/^ {2}granted {4}read:logs$/m);
    expect(answer.out).toMatch(/^ {2}withheld {3}read:pii$/m);
    expect(answer.out).toMatch(/^ {2}Status {6}.*✔ Not revoked {3}✔ Not suspended$/m);
  });

  test('authorization details are shown as JSON beside the scopes', async () => {
    const details = ['--authorization-details', '[{"type":"account"}]'];
    const typed = [agent.clientId, '--policy', policyFile(), loopback, '--scope', 'read:pii'];
    const answer = await verify([...typed, ...details]);
    expect(answer.code).toBe(0);
    expect(answer.out).toMatch(/^ {2}withheld {3}read:pii \{"type":"account"\}$/m);
  });

  test.each(['nonsense', '{"type":"account"}', '[{"actions":["read"]}]', '[null]'])(
    'authorization details that are %s are a usage error',
    async (text) => {
      const answer = await verify([agent.clientId, '--authorization-details', text, loopback]);
      expect(answer.code).toBe(2);
      expect(answer.err).toContain('a JSON array of objects that have a "type"');
    },
  );

  test('the report is the data of --json', async () => {
    const answer = await verify([agent.clientId, '--policy', policyFile(), loopback, '--json']);
    expect(JSON.parse(answer.out)).toMatchObject({
      outcome: 'accepted',
      reason: null,
      input: { kind: 'client_id', value: agent.clientId },
      issuer: { did: world.issuer, trust: 'policy' },
    });
  });

  test('an untrusted issuer is exit 1, and nothing is fetched', async () => {
    const before = world.requests.length;
    const policy = policyFile({
      issuer: 'did:web:other.example',
      prefix: 'https://other.example/',
    });
    const answer = await verify([agent.clientId, '--policy', policy, loopback]);
    expect(answer.code).toBe(1);
    expect(answer.out).toContain('✖ NOT VERIFIED');
    expect(answer.out).toContain('issuer-not-trusted');
    expect(world.requests.length).toBe(before);
    const inspected = await run('inspect', [agent.clientId, '--policy', policy, loopback]);
    expect(inspected.code).toBe(1);
    expect(world.requests.length).toBe(before);
  });

  test('a suspended client is exit 1, with why and fix', async () => {
    const bad = await world.publish({ handle: 'paused', authorizedScopes: ['read:logs'] });
    await world.mark(bad, 'suspension', true);
    const answer = await verify([bad.clientId, '--policy', policyFile(), loopback]);
    expect(answer.code).toBe(1);
    expect(answer.out.split('\n')[0]).toBe('✖ NOT VERIFIED  paused: status-suspended');
    expect(answer.out).toMatch(/^ {2}✖ status\.suspension {2}expected: Not suspended$/m);
    expect(answer.out).toContain(`      why   list: ${world.lists[1]}`);
    expect(answer.out).toMatch(/^ {6}fix {3}\S/m);
    expect(answer.out).toMatch(/^ {6}more {2}sealwright explain status\.suspension$/m);
  });

  test('what cannot be found out is exit 3, and said to be a no', async () => {
    const mend = world.breakBelow('/status/');
    const answer = await verify([agent.clientId, '--policy', policyFile(), loopback]);
    mend();
    expect(answer.code).toBe(3);
    expect(answer.out).toContain('? UNDETERMINED  bot: status-unavailable; treat it as a no');
  });

  test.each([
    ['no YAML', 'a: [', 'is not YAML'],
    ['a member given twice', 'mode: enforce\nmode: monitor\ntrust: []', 'is not YAML'],
    ['an unknown member', 'mode: enforce\ntrust: []\nforgive: true', '/forgive'],
    ['no trust', 'mode: enforce', '/trust'],
    ['nothing in it', '', 'must be an object'],
    ['a page in its place', '<!doctype html>', 'must be an object'],
  ])('a policy with %s is exit 2, and nothing is fetched', async (_, text, said) => {
    const before = world.requests.length;
    const answer = await verify([agent.clientId, '--policy', file('bad.yaml', text), loopback]);
    expect(answer).toMatchObject({ code: 2, out: '', err: expect.stringContaining(said) });
    expect(world.requests.length).toBe(before);
  });
});

describe('approvals', () => {
  const noApprovals = '{"version":1,"approvals":[]}';
  const decide = async (state: 'allowed' | 'blocked'): Promise<string> => {
    const path = join(directory, `${state}.json`);
    const approvals = await openApprovalsFile(path);
    const how = { by: 'ops@acme.com', reason: 'CHG-4711', at: '2026-11-20T12:00:00.000Z' };
    await recordDecision(approvals, { name: new URL(world.origin).host, state, ...how });
    approvals.close();
    return path;
  };
  const typed = () => [agent.clientId, '--policy', policyFile(), loopback];

  test.each([
    ['allowed', 0, '✔ VERIFIED'],
    ['blocked', 1, '✖ NOT VERIFIED  bot: client-blocked'],
  ] as const)('say of a client whose host is %s exit %i', async (state, code, said) => {
    const path = await decide(state);
    const before = readFileSync(path, 'utf8');
    const answer = await verify([...typed(), '--approvals', path]);
    expect(answer.code).toBe(code);
    expect(answer.out).toContain(said);
    expect(readFileSync(path, 'utf8')).toBe(before);
  });

  test('that a policy requires leave out whoever is not among them, who is not recorded', async () => {
    const path = file('empty.json', noApprovals);
    const policy = file('strict.yaml', `${readFileSync(policyFile(), 'utf8')}\napproval: required`);
    const answer = await verify([
      ...[agent.clientId, '--policy', policy, loopback],
      ...['--approvals', path],
    ]);
    expect(answer.code).toBe(1);
    expect(answer.out).toContain('✖ policy.approval');
    expect(readFileSync(path, 'utf8')).toBe(noApprovals);
    const without = await verify([agent.clientId, '--policy', policy, loopback]);
    expect(without).toMatchObject({ code: 2, out: '', err: expect.stringContaining('approval') });
  });

  test.each([
    ['is not there', () => join(directory, 'none.json'), 'none.json is not there'],
    ['is broken', () => file('broken.json', '{'), 'broken.json'],
  ])('in a file that %s are exit 2', async (_, path, said) => {
    const answer = await verify([...typed(), '--approvals', path()]);
    expect(answer).toMatchObject({ code: 2, out: '', err: expect.stringContaining(said) });
    expect(existsSync(join(directory, 'none.json'))).toBe(false);
  });

  test('without a policy are exit 2', async () => {
    const path = file('empty.json', noApprovals);
    const answer = await verify([agent.clientId, loopback, '--approvals', path]);
    expect(answer).toMatchObject({ code: 2, out: '', err: expect.stringContaining('--policy') });
  });
});

describe('a policy that', () => {
  const prefix = 'http://localhost:1/a/';

  test.each([
    ['is not there', () => '/nowhere/trust.yaml', 'trust.yaml cannot be read: it does not exist'],
    ['is a directory', () => directory, 'cannot be read: it is a directory (EISDIR).'],
    ['has no end', () => '/dev/zero', 'is larger than 1048576 octets'],
    ['trusts plain http', () => policyFile({ prefix }), 'has plain http prefixes'],
  ])('%s is exit 2 and data with --json', async (_, path, said) => {
    const words = ['https://id.acme.com/a/bot/client.json', '--policy', path()];
    const { code, out, err } = await verify([...words, '--json']);
    expect([code, out]).toEqual([2, '']);
    expect(JSON.parse(err).error).toMatchObject({ code: 'usage' });
    expect(JSON.parse(err).error.message).toContain(said);
  });
});

describe('a process in production', () => {
  test.each(['verify', 'inspect', 'explain', 'lint'])(
    'does not %s loopback: exit 2',
    async (command) => {
      const before = process.env['NODE_ENV'];
      process.env['NODE_ENV'] = 'production';
      try {
        const { code, out, err } = await run(command, ['https://id.acme.com/a/b', loopback]);
        expect([code, out]).toEqual([2, '']);
        expect(err).toContain('allowLoopback is refused when NODE_ENV is production. (usage)');
      } finally {
        process.env['NODE_ENV'] = before;
      }
    },
  );
});

describe('without a policy', () => {
  test('papers in order are exit 4: nobody is trusted, which is said twice', async () => {
    const answer = await verify([agent.clientId, loopback]);
    expect(answer.code).toBe(4);
    expect(answer.err).toBe(
      'No policy: what the papers name is fetched, and nobody is trusted. See --policy.\n',
    );
    expect(answer.out.split('\n')[0]).toBe(
      `! VALID, NOT TRUSTED  bot: papers in order, but no policy says to trust ${world.issuer}`,
    );
  });

  test('loopback is not read unless it is allowed', async () => {
    const before = world.requests.length;
    const answer = await verify([agent.clientId, '--json']);
    expect([1, 3]).toContain(answer.code);
    expect(JSON.parse(answer.out)).not.toMatchObject({ outcome: 'accepted' });
    expect(world.requests.length).toBe(before);
  });

  test.each([
    ['http://id.acme.com/a/bot/client.json', 1],
    ['https://127.0.0.1/a/bot/client.json', 1],
    ['https://id.acme.com/a/../bot', 1],
    ['https://id.acme.com', 1],
    ['https://id.acme.com/a#bot', 1],
    ['https://id.acme.com/a?b=c', 1],
    ['https://user:pass@id.acme.com/a', 1],
    ['https://id.acme.com:443/a', 1],
    ['https://ID.acme.com/a', 1],
    ['HTTPS://id.acme.com/a', 1],
    ['https:id.acme.com/a', 1],
    ['https://[::1]/a', 1],
    ['ftp://id.acme.com/a', 1],
    ['file:///etc/passwd', 1],
    ['javascript:alert(1)', 1],
    ['data:application/json,{}', 1],
    ['urn:uuid:1', 1],
  ])('%s is refused as it is written', async (url, code) => {
    const answer = await verify([url, '--json']);
    expect(answer.code).toBe(code);
    expect(JSON.parse(answer.out)).toMatchObject({ reason: 'url-invalid' });
  });
});

describe('the input', () => {
  const json = (member: string) => JSON.stringify({ [member]: jwt });

  test.each([
    ['a compact JWT', () => jwt],
    ['a file with a JWT', () => file('passport.jwt', `${jwt}\n`)],
    ['a file with client metadata', () => file('client.json', json('vc+jwt'))],
    ['a file with what our API answers', () => file('credential.json', json('jwt'))],
  ])('%s', async (_, input) => {
    const answer = await verify([input(), '--policy', policyFile(), loopback, '--json']);
    expect(answer.code).toBe(0);
    expect(JSON.parse(answer.out)).toMatchObject({ input: { kind: 'jwt', value: jwt } });
  });

  test('standard input', async () => {
    const options = { input: `  ${agent.clientId}\n` };
    const answer = await verify(['-', '--policy', policyFile(), loopback], options);
    expect(answer.code).toBe(0);
  });

  test('a tampered JWT is exit 1', async () => {
    const [header, payload, signature = ''] = jwt.split('.');
    const flipped = `${header}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
    const answer = await verify([flipped, '--policy', policyFile(), loopback, '--json']);
    expect(answer.code).toBe(1);
    expect(JSON.parse(answer.out)).toMatchObject({ reason: 'signature-invalid' });
  });

  test('a DID stands for the client_id beside its document', async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.writeHead(404).end();
    }).listen(0, 'localhost');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const answer = await verify([`did:web:localhost%3A${port}:a:bot`, loopback, '--json']);
    server.close();
    expect(asked).toEqual(['/a/bot/client.json']);
    expect(JSON.parse(answer.out)).toMatchObject({
      input: { kind: 'client_id', value: `http://localhost:${port}/a/bot/client.json` },
      outcome: expect.not.stringMatching('accepted'),
    });
  });

  test('papers that name another DID than the one typed are refused', async () => {
    const did = `${world.issuer}:a:bot`;
    const answer = await verify([agent.clientId, '--policy', policyFile(), loopback, '--json']);
    const report = JSON.parse(answer.out) as Report;
    const examined = { kind: 'client_id', value: agent.clientId } as const;
    expect(() => checkSubject({ ...examined, did: null }, report)).not.toThrow();
    expect(() => checkSubject({ ...examined, did }, report)).not.toThrow();
    expect(() => checkSubject({ ...examined, did: `${did}2` }, report)).toThrow(
      expect.objectContaining({ exitCode: 1, code: 'subject-mismatch' }),
    );
  });

  test.each([
    ['a file that is not there', '/nowhere/x.jwt', 'x.jwt cannot be read: it does not exist'],
    ['a directory', directory, 'cannot be read: it is a directory (EISDIR).'],
    ['a file without an end', '/dev/zero', 'is larger than 1048576 octets; no more is read.'],
    ['a name too long', 'a'.repeat(5_000), 'cannot be read: no file has a name that long'],
    ['a file with something else', file('notes.txt', 'note: hello'), 'it is something else.'],
    ['an empty file', file('empty.jwt', ' '), 'it is empty.'],
    ['HTML', file('page.html', '\n<!doctype html>'), 'it is HTML or XML.'],
    ['JSON without a credential', file('other.json', '{"a":1}'), 'it is JSON without a text in'],
    ['half a JSON document', file('half.json', '{"vc+jwt":"e'), 'it is not JSON (json-syntax).'],
    ['half a JWT', 'eyJhbGciOiJFUzI1NiJ9.eyJhIjox', 'What was typed is part of a compact JWT'],
    ['a JWT without its signature', 'eyJhbGciOiJFUzI1NiJ9.eyJhIjox.', 'is part of a compact JWT'],
    ['half a JWT in a file', file('half.jwt', 'eyJhbGciOiJFUzI1NiJ9.eyJ'), 'it is part of a comp'],
    ['nothing', '', 'Name a URL, a DID, a compact JWT, a file, or "-".'],
    ["an organization's DID", 'did:web:id.acme.com', 'names an organization, not an agent.'],
    ['another method', 'did:key:z6Mk', 'is not a did:web identifier.'],
    ['half a DID', 'did:web:', 'is not a did:web identifier.'],
  ])('%s is exit 2, in one line, as data with --json', async (_, input, said) => {
    for (const command of ['verify', 'inspect', 'explain']) {
      const { code, out, err } = await run(command, [input]);
      expect([code, out]).toEqual([2, '']);
      expect(err.split('\n').filter((line) => line.startsWith('✖'))).toHaveLength(1);
      expect(err).toContain(said);
      expect(err.length).toBeLessThan(500);
      const data = await run(command, [input, '--json']);
      expect([data.code, data.out]).toEqual([2, '']);
      const { error } = JSON.parse(data.err);
      expect(error).toMatchObject({ code: 'usage', exitCode: 2 });
      expect(error.message).toContain(said);
    }
  });

  test('10 MB on standard input are exit 2, of which 1 MiB is read', async () => {
    const input = new Uint8Array(10_000_000).fill(0x20);
    for (const command of ['verify', 'inspect', 'explain']) {
      const { code, out, err } = await runRecorded([command, '-'], { input });
      expect([code, out]).toEqual([2, '']);
      expect(err).toBe(
        '✖ Standard input is larger than 1048576 octets; no more is read. (usage)\n',
      );
    }
  });

  test('HTML in the place of a document is exit 1', async () => {
    world.serve('/a/page/client.json', {
      type: 'text/html',
      body: '<!doctype html><title>Are you human?</title>',
      maxAgeS: 0,
    });
    const answer = await verify([`${world.origin}/a/page/client.json`, loopback]);
    expect(answer.code).toBe(1);
    expect(answer.out).toContain('document-invalid');
  });

  test('standard input cannot be the policy and the papers', async () => {
    const answer = await verify(['-', '--policy', '-'], { input: 'mode: enforce' });
    expect(answer).toMatchObject({ code: 2, out: '' });
    expect(answer.err).toContain('Standard input is either the policy or the papers.');
  });
});

describe('inspect', () => {
  test('prints what the papers say, and the report', async () => {
    const answer = await run('inspect', [agent.clientId, loopback, '--json']);
    expect(answer.code).toBe(4);
    const { document, credential, report } = JSON.parse(answer.out);
    expect(document).toMatchObject({ client_id: agent.clientId, client_name: 'bot' });
    expect(document).not.toHaveProperty('vc+jwt');
    expect(credential.header).toMatchObject({ alg: 'ES256', typ: 'vc+jwt' });
    expect(credential.payload).toMatchObject({ issuer: world.issuer });
    expect(report).toMatchObject({ outcome: 'accepted', issuer: { trust: 'none' } });
  });

  test('a credential on its own, for people', async () => {
    const answer = await run('inspect', [jwt, loopback]);
    expect(answer.code).toBe(4);
    expect(answer.out).toContain('"typ": "vc+jwt"');
    expect(answer.out).toContain('! VALID, NOT TRUSTED  bot');
  });
});

function verify(words: readonly string[], options: { readonly input?: string } = {}) {
  return run('verify', words, options);
}

function run(command: string, words: readonly string[], options: { readonly input?: string } = {}) {
  return runRecorded([command, ...words], options);
}

function policyFile(trust: { issuer?: string; prefix?: string } = {}): string {
  const { issuer = world.issuer, prefix = `${world.origin}/a/` } = trust;
  return file(
    'trust.yaml',
    [
      'mode: enforce',
      'trust:',
      `  - issuer: ${issuer}`,
      `    clientIds: [${prefix}]`,
      '    credentialTypes: [AgentAuthorizationCredential]',
      '    distrustAfter: null',
      'status: { maxAgeS: 60, staleS: 0 }',
    ].join('\n'),
  );
}

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}
