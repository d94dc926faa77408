import { describe, expect, it } from 'vitest';
import type { Did } from '../../../src/protocol/did-web.ts';
import type { HeldList, ListRequest } from '../../../src/verifier/resolve/held-list.ts';
import { isAnswerTo, isReusable, readingOf } from '../../../src/verifier/resolve/held-list.ts';

const noon = Date.parse('2026-11-20T12:00:00Z');
const url = 'https://id.acme.com/status/7r';
const did = 'did:web:id.acme.com' as Did;
const issuerDocument = { did, alsoKnownAs: [], methods: [], assertionMethod: [] };

const list: HeldList['list'] = {
  url,
  format: 'bitstring',
  issuer: did,
  kid: `${did}#k`,
  purposes: ['revocation'],
  issuedAt: noon,
  expiresAt: undefined,
  ttlMs: 30_000,
  weight: 1,
  read: () => 0,
};
const response = { status: 200, headers: new Map(), body: new Uint8Array() };
const held: HeldList = { list, issuerDocument, response, fetchedAt: noon, ageMs: 0 };
const request: ListRequest = {
  url,
  format: 'bitstring',
  did,
  issuerDocument,
  plainLoopback: false,
  deadline: 0,
  maxAgeMs: 60_000,
  staleMs: 30_000,
};

describe('a held list answers', () => {
  it.each<[string, Partial<ListRequest>, boolean]>([
    ['its own issuer', {}, true],
    ['no other issuer', { did: 'did:web:other.example' as Did }, false],
    ['no other format', { format: 'token' }, false],
    [
      'nobody once the keys of its issuer were read anew',
      { issuerDocument: { ...issuerDocument } },
      false,
    ],
  ])('%s', (_whom, changes, answers) => {
    expect(isAnswerTo(held, { ...request, ...changes })).toBe(answers);
    expect(isReusable(held, { ...request, ...changes }, noon)).toBe(answers);
  });
});

describe('a held list is reused', () => {
  it.each([
    [-1, false],
    [0, true],
    [29_999, true],
    [30_000, false],
  ])('%i ms after it was asked for: %s', (ms, reusable) => {
    expect(isReusable(held, request, noon + ms)).toBe(reusable);
  });
});

describe('what a held list says', () => {
  const ending = { ...held, list: { ...list, expiresAt: noon + 50_000 } };
  const travelled = { ...held, ageMs: 20_000 };
  const tooOld = { ok: false, reason: 'status-stale', rule: 'list-too-old' };

  it.each<[string, HeldList, number, object]>([
    ['as it comes', held, 0, { ok: true, ageMs: 0, grace: false }],
    ['up to its limit', held, 60_000, { ok: true, ageMs: 60_000, grace: false }],
    ['beyond it, by grace', held, 60_001, { ok: true, ageMs: 60_001, grace: true }],
    ['to the end of the grace', held, 90_000, { ok: true, ageMs: 90_000, grace: true }],
    ['nothing after that', held, 90_001, tooOld],
    ['the age it came with counts', travelled, 40_001, { ok: true, ageMs: 60_001, grace: true }],
    ['and ends it', travelled, 70_001, tooOld],
    ['nothing by a clock that went backwards', held, -1, tooOld],
    ['nothing by such a clock, old as it came', travelled, -1, tooOld],
    ['up to its own end', ending, 49_999, { ok: true, ageMs: 49_999, grace: false }],
    [
      'nothing from there on',
      ending,
      50_000,
      { ok: false, reason: 'status-stale', rule: 'list-expired' },
    ],
  ])('%s', (_what, copy, ms, reading) => {
    expect(readingOf(copy, request, noon + ms)).toMatchObject(reading);
  });
});
