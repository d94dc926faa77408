import { isIP } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseClientId } from '../../src/protocol/client-id.ts';
import { numRuns } from './runs.ts';

const piece = fc.constantFrom(
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
  ...[
    'a',
    'b.example',
    'a.example',
    'localhost',
    'EXAMPLE',
    '127.0.0.1',
    '0x7f',
    '[::1]',
    'xn--mnchen-3ya',
    '1',
  ],
  ...[
    ':',
    ':443',
    ':8443',
    ':0',
    '@',
    'u@',
    '?',
    '?x=1',
    '#',
    '~',
    '*',
    '\t',
    '\n',
    ' ',
    'é',
    '\u00ad',
    '。',
    '\ud800',
  ],
);
const nearUrl = fc.array(piece, { maxLength: 7 }).map((pieces) => pieces.join(''));
const likelyUrl = fc
  .tuple(
    fc.constantFrom('a.example', 'b.a.example:8443', 'xn--mnchen-3ya.de', '1.example'),
    nearUrl,
  )
  .map(([host, rest]) => `https://${host}/${rest}`);

test('whatever is accepted means to a URL parser exactly what it says', () => {
  fc.assert(
    fc.property(
      fc.oneof(nearUrl, likelyUrl, fc.webUrl(), fc.string()),
      fc.boolean(),
      (text, allowLoopback) => {
        const parsed = parseClientId(text, { allowLoopback });
        if (!parsed.ok) return;
        const url = new URL(text);
        expect(parsed.value).toBe(text);
        expect(url.href).toBe(text);
        expect(
          url.protocol === 'https:' || (allowLoopback && url.hostname.endsWith('localhost')),
        ).toBe(true);
        expect([url.username, url.password, url.hash, url.search]).toEqual(['', '', '', '']);
        expect(isIP(url.hostname.replace(/[[\]]/g, ''))).toBe(0);
        const segments = url.pathname.slice(1).split('/').map(decodeOnce);
        expect(segments.some((segment) => segment === '.' || segment === '..')).toBe(false);
        expect(segments.slice(0, -1)).not.toContain('');
        expect(url.pathname).not.toBe('/');
      },
    ),
    { numRuns: numRuns * 10 },
  );
});

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

/** The segment with its ASCII escapes decoded one time. */
function decodeOnce(segment: string): string {
  return segment.replace(/%[0-7][0-9a-f]/gi, (hidden) =>
    String.fromCharCode(parseInt(hidden.slice(1), 16)),
  );
}
