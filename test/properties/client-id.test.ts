import { isIP } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseClientId } from '../../src/protocol/client-id.ts';
import { numRuns } from './runs.ts';

const pieces: readonly string[] = [
  ...[
    'https://',
    'http://',
    'https:',
    '//',
    '/',
    '\\',
    '.',
    '..',
    '%2e',
    '%2E',
    '%252e',
    '%',
    '%C3%A9',
  ],
  ...['a', 'b.example', 'a.example', 'localhost', 'EXAMPLE', '127.0.0.1', '0x7f', '[::1]', '1'],
  ...[
    'xn--mnchen-3ya',
    'xn--',
    ':',
    ':443',
    ':8443',
    ':0',
    ':65536',
    '@',
    'u@',
    '?',
    '?x=1',
    '#',
    '~',
  ],
  ...[
    '*',
    '\t',
    '\n',
    ' ',
    '\u0000',
    '\u007f',
    'é',
    '\u00ad',
    '。',
    '\uff0f',
    '\ud800',
    '%00',
    '%2f',
  ],
];
const piece = fc.constantFrom(...pieces);
const nearUrl = fc.array(piece, { maxLength: 7 }).map((parts) => parts.join(''));

const label = fc.oneof(
  fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?$/),
  fc.constantFrom('xn--mnchen-3ya', 'xn--fa-hia', '0x7f', '127'),
);
const host = fc
  .array(label, { minLength: 1, maxLength: 4 })
  .chain((labels) =>
    fc.constantFrom('example', 'com', 'localhost', 'a1').map((last) => [...labels, last]),
  )
  .map((labels) => labels.join('.'));
const port = fc.option(fc.nat(70_000), { nil: undefined, freq: 4 });
const character = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(..."abz09-._~!$&'()*+,;=:@") },
  { weight: 1, arbitrary: fc.nat(255).map((octet) => `%${octet.toString(16).padStart(2, '0')}`) },
);
const segment = fc.array(character, { minLength: 1, maxLength: 8 }).map((parts) => parts.join(''));
const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
/** Of the form that is wanted, and often enough accepted. */
const likelyUrl = fc
  .tuple(fc.constantFrom('https', 'https', 'https', 'http'), host, port, path)
  .map(([scheme, name, number, below]) => {
    const authority = number === undefined ? name : `${name}:${number}`;
    return `${scheme}://${authority}/${below}`;
  });
/** The same with something wrong put in somewhere. */
const spoiltUrl = fc.tuple(likelyUrl, piece, fc.nat()).map(([url, inserted, place]) => {
  const at = place % (url.length + 1);
  return url.slice(0, at) + inserted + url.slice(at);
});

test('A-14 whatever is accepted means to a URL parser exactly what it says', () => {
  const tries = Math.max(numRuns, 20_000);
  const anyText = fc.oneof(
    { weight: 6, arbitrary: likelyUrl },
    { weight: 3, arbitrary: spoiltUrl },
    { weight: 1, arbitrary: fc.oneof(nearUrl, fc.webUrl(), fc.string()) },
  );
  let accepted = 0;
  fc.assert(
    fc.property(anyText, fc.boolean(), (text, allowLoopback) => {
      const parsed = parseClientId(text, { allowLoopback });
      if (!parsed.ok) return;
      accepted += 1;
      expect(parsed.value).toBe(text);
      expectPlain(text, allowLoopback);
    }),
    { numRuns: tries },
  );
  expect(accepted).toBeGreaterThan(tries / 5);
});

/** What a URL parser, which is none of ours, makes of an accepted client_id. */
function expectPlain(text: string, allowLoopback: boolean): void {
  const url = new URL(text);
  expect(url.href).toBe(text);
  const loopback = url.hostname === 'localhost' || url.hostname.endsWith('.localhost');
  const plain = url.protocol === 'http:' && allowLoopback && loopback;
  expect(url.protocol === 'https:' || plain).toBe(true);
  expect([url.username, url.password, url.hash, url.search]).toEqual(['', '', '', '']);
  expect(text).not.toMatch(/[?#\\\s]/);
  expect(isIP(url.hostname.replace(/[[\]]/g, ''))).toBe(0);
  expect(url.hostname.split('.')).not.toContain('');
  const segments = url.pathname.slice(1).split('/').map(decodeOnce);
  expect(segments.some((each) => each === '.' || each === '..')).toBe(false);
  expect(segments.slice(0, -1)).not.toContain('');
  expect(url.pathname).not.toBe('/');
}

test('accepts the client_id of any handle below any organization', () => {
  const handle = fc.stringMatching(/^[a-z0-9](-?[a-z0-9]){1,19}$/);
  const base = fc.constantFrom('https://id.acme.com', 'https://a.example:8443/o/acme');
  fc.assert(
    fc.property(base, handle, (origin, name) => {
      expect(parseClientId(`${origin}/a/${name}/client.json`).ok).toBe(true);
    }),
    { numRuns },
  );
});

test('A-12 throws for nothing', () => {
  fc.assert(
    fc.property(fc.anything({ withBigInt: true, withNullPrototype: true }), (value) => {
      const parsed = parseClientId(value);
      expect(parsed.ok).toBe(false);
    }),
    { numRuns },
  );
});

/** The segment with its ASCII escapes decoded one time. */
function decodeOnce(segment: string): string {
  return segment.replace(/%[0-7][0-9a-f]/gi, (hidden) =>
    String.fromCharCode(parseInt(hidden.slice(1), 16)),
  );
}
