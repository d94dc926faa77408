import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { inflateSync } from 'node:zlib';
import { contexts } from '@digitalbazaar/credentials-context';
import { decodeList } from '@digitalbazaar/vc-bitstring-status-list';
import jsonld from 'jsonld';
import type { JsonLd } from 'jsonld/jsonld-spec.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningService, startRunningService } from '../support/running-service.ts';

let running: RunningService;
let facetIds: readonly string[];

const facets = [
  {
    type: 'compliance',
    claims: {
      attestations: [
        {
          framework: 'https://www.iso.org/standard/27001',
          edition: 'ISO/IEC 27001:2022',
          outcome: 'conformant',
          assessor: 'did:web:assessor.example',
          certificateId: 'C-1',
          scope: 'everything',
          validUntil: '2031-01-01T00:00:00Z',
          evidence: { url: 'https://assessor.example/c-1', digest: `sha256:${'a'.repeat(64)}` },
        },
      ],
    },
  },
  {
    type: 'provenance',
    claims: {
      software: {
        name: 'log-server',
        version: '3.2.1',
        repository: 'https://acme.example/log-server',
        commit: '0f4c1c2d3e4f',
      },
      build: { builder: 'https://ci.acme.example', slsaLevel: 3, invocation: 'run 7' },
      artifacts: [{ name: 'image', digest: `sha256:${'b'.repeat(64)}` }],
      model: {
        name: 'm',
        version: '1',
        provider: 'p',
        approvedBy: { policy: 'X', approver: 'ciso@acme.example', at: '2026-11-01T00:00:00Z' },
      },
      sbom: { url: 'https://acme.example/sbom', digest: `sha256:${'c'.repeat(64)}` },
    },
  },
  {
    type: 'allowed-actions',
    claims: {
      actions: [
        {
          action: 'read',
          resource: 'logs/production',
          constraints: { maxRows: 100 },
          authorizationDetails: [{ type: 'logs', actions: ['read'] }],
        },
      ],
      denied: [{ action: 'read', resource: 'logs/pii' }],
      delegation: { permitted: true, maxDepth: 1 },
    },
  },
] as const;

beforeAll(async () => {
  running = await startRunningService({ https: true });
  const agent = { handle: 'log-server', kind: 'mcp-server', name: 'Log server', version: '3.2.1' };
  const enrolment = { ...agent, owners: ['owner@acme.example'], keyCustody: 'issued' };
  expect((await running.call('POST', '/agents', enrolment)).status).toBe(201);
  const issued: string[] = [];
  for (const facet of facets) {
    const order = { ...facet, reason: 'interop', visibility: 'public' };
    const answer = await running.call('POST', '/agents/log-server/credentials', order);
    expect(answer.status).toBe(201);
    issued.push(String(answer.body['id']));
  }
  facetIds = issued;
});

afterAll(async () => {
  await running[Symbol.asyncDispose]();
});

async function read(path: string): Promise<string> {
  const response = await fetch(running.url + path);
  expect(response.status).toBe(200);
  return response.text();
}

async function readPassport(): Promise<string> {
  const document = JSON.parse(await read('/a/log-server/client.json')) as { 'vc+jwt': string };
  return document['vc+jwt'];
}

async function readCredentials(): Promise<readonly string[]> {
  const own = facetIds.map((id) => read(`/a/log-server/credentials/${id}`));
  return [await readPassport(), ...(await Promise.all(own))];
}

function payloadOf(jwt: string): Record<string, unknown> {
  const [, payload = ''] = jwt.split('.');
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
}

/** A process with web-did-resolver and jose, and no code of the project. */
async function askStranger(tokens: readonly string[]): Promise<readonly Record<string, unknown>[]> {
  const program = join(import.meta.dirname, 'resolve-and-verify.mjs');
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(tokens));
  return (await json(child.stdout)) as readonly Record<string, unknown>[];
}

describe('published papers, read by other people’s code', () => {
  it('jose alone verifies the passport, the facets and every list', async () => {
    const lists = await Promise.all(['/status/1r', '/status/1s', '/token-status/1'].map(read));
    const answers = await askStranger([...(await readCredentials()), ...lists]);
    const types = answers.map(({ typ }) => typ);
    expect(types).toEqual([...Array(6).fill('vc+jwt'), 'statuslist+jwt']);
  });

  it('a changed byte is found by jose alone', async () => {
    const passport = await readPassport();
    const [header, payload = '', signature] = passport.split('.');
    const changed = { ...payloadOf(passport), issuer: 'did:web:evil.example' };
    const forged = Buffer.from(JSON.stringify(changed)).toString('base64url');
    expect(forged).not.toBe(payload);
    const [answer] = await askStranger([`${header}.${forged}.${signature}`]);
    expect(answer).toEqual({ error: 'JWSSignatureVerificationFailed' });
  });

  it('JSON-LD safe mode expands every credential type and every list without losing a term', async () => {
    const context = JSON.parse(await read('/contexts/agent-v1.jsonld')) as object;
    const lists = await Promise.all(['/status/1r', '/status/1s'].map(read));
    for (const jwt of [...(await readCredentials()), ...lists]) {
      const options = {
        safe: true,
        documentLoader: async (url: string) => ({
          documentUrl: url,
          document: (url.endsWith('/contexts/agent-v1.jsonld')
            ? context
            : contexts.get(url)) as JsonLd,
        }),
      };
      const expanded = await jsonld.expand(payloadOf(jwt) as jsonld.JsonLdDocument, options);
      expect(expanded).toHaveLength(1);
    }
  });

  it('a foreign decoder sees the revoked bit, and the token list agrees', async () => {
    const [facetId = ''] = facetIds;
    const answer = await running.call('POST', `/credentials/${facetId}/revoke`, { reason: 'test' });
    expect(answer.body).toMatchObject({ state: 'revoked' });
    const { body } = await running.call('GET', `/credentials/${facetId}`);
    const { index } = body['status'] as { index: number };
    const subject = payloadOf(await read('/status/1r'))['credentialSubject'];
    const { encodedList } = subject as { encodedList: string };
    const list = await decodeList({ encodedList });
    expect(list.getStatus(index)).toBe(true);
    expect(list.getStatus((index + 1) % list.length)).toBe(false);
    const token = payloadOf(await read('/token-status/1'))['status_list'] as { lst: string };
    const packed = inflateSync(Buffer.from(token.lst, 'base64url'));
    expect(((packed[index >> 2] ?? 0) >> ((index & 3) * 2)) & 3).toBe(1);
  });
});
