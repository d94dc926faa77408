import { describe, expect, test } from 'vitest';
import {
  digest,
  flag,
  listOf,
  oneOf,
  parseShape,
  sha256Text,
  text,
  uri,
} from '../../src/protocol/claim-shape.ts';
import type { JsonValue } from '../../src/protocol/strict-json.ts';
import { rulesOf } from './rules.ts';

describe('a list of claims', () => {
  test('may repeat an entry, unless it says otherwise', () => {
    const bounds = { min: 0, max: 2 };
    const answers = [true, true];
    expect(rulesOf(parseShape(listOf(flag, bounds), answers))).toBe('ok');
    expect(rulesOf(parseShape(listOf(flag, { ...bounds, unique: false }), answers))).toBe('ok');
    expect(rulesOf(parseShape(listOf(flag, { ...bounds, unique: true }), answers))).toEqual([
      'subject-length',
    ]);
  });

  test('names each entry that does not fit', () => {
    const shape = listOf(flag, { min: 0, max: 3 });
    expect(rulesOf(parseShape(shape, [1, true, null], '/list'))).toEqual([
      '/list/0 subject-type',
      '/list/2 subject-type',
    ]);
  });
});

test('a choice names all that there is to choose from', () => {
  expect(parseShape(oneOf(['web', 'native']), 'Web')).toEqual({
    ok: false,
    faults: [{ pointer: '', rule: 'subject-format', detail: 'must be one of web, native' }],
  });
});

test('a text has as many code points as it may have, and prints', () => {
  const shape = text(3);
  expect(['a', 'abc', '😀😀😀', 'a b'].map((each) => rulesOf(parseShape(shape, each)))).toEqual(
    Array(4).fill('ok'),
  );
  expect(rulesOf(parseShape(shape, 'abcd'))).toEqual(['subject-length']);
  for (const each of ['', 'a\n', '\u2028', '\u2029', '\u202e', '\u2066', '\u0085']) {
    expect(rulesOf(parseShape(shape, each))).toEqual(['subject-format']);
  }
});

describe('a URI', () => {
  test.each([
    'https://id.acme.com/x?y=1#z',
    'urn:uuid:6b1c9f1e-52c4-4c44-8a14-8f6f4a1f1a11',
    'did:web:id.acme.com',
    'git+ssh://git.acme.com/bot',
    'tag:acme.com,2026:data:x',
    'database:x',
  ])('may be %s', (value) => {
    expect(rulesOf(parseShape(uri, value))).toBe('ok');
  });

  test.each<JsonValue>([
    'https://id.acme.com/ x',
    'https://id.acme.com/x\n',
    ' https://id.acme.com/x',
    'https://id.acme.com/"x',
    'https://münchen.example/',
    'HTTPS://id.acme.com/x',
    '1x:y',
    'https:',
    'id.acme.com',
    'javascript:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    'file:///etc/passwd',
    'blob:https://id.acme.com/1',
    'about:blank',
  ])('is not %j', (value) => {
    expect(rulesOf(parseShape(uri, value))).toEqual(['subject-format']);
  });
});

describe('a digest', () => {
  const [short, middle, long] = ['ab'.repeat(32), 'ab'.repeat(48), 'ab'.repeat(64)];

  test.each([`sha256:${short}`, `sha384:${middle}`, `sha512:${long}`])('may be %s', (value) => {
    expect(rulesOf(parseShape(digest, value))).toBe('ok');
  });

  test.each([
    `sha256:${middle}`,
    `sha256:${short}ab`,
    `sha256:${short} `,
    `-sha256:${short}`,
    `sha384:${short}`,
    `sha384:${middle}0`,
    `sha512:${middle}`,
    `sha256:${short.toUpperCase()}`,
    `sha1:${'ab'.repeat(20)}`,
    short,
  ])('is not %s', (value) => {
    expect(rulesOf(parseShape(digest, value))).toEqual(['subject-format']);
  });

  test('in base64url has 43 characters, of which the last has two spare bits', () => {
    expect(rulesOf(parseShape(sha256Text, `${'-'.repeat(42)}8`))).toBe('ok');
    expect(rulesOf(parseShape(sha256Text, `${'-'.repeat(42)}9`))).toEqual(['subject-format']);
    expect(rulesOf(parseShape(sha256Text, `${'+'.repeat(42)}8`))).toEqual(['subject-format']);
    expect(rulesOf(parseShape(sha256Text, `${'-'.repeat(41)}8`))).toEqual(['subject-format']);
    expect(rulesOf(parseShape(sha256Text, `${'-'.repeat(43)}8`))).toEqual(['subject-length']);
  });
});
