import { createPrivateKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeBase64url } from '../../src/protocol/base64url.ts';
import { parseCompactJws } from '../../src/protocol/compact-jws.ts';
import { parseAgentCredential } from '../../src/protocol/credential-envelope.ts';
import { parsePassport } from '../../src/protocol/passport.ts';
import { compactOf, samplePassport } from '../protocol/samples.ts';
import { numRuns } from './runs.ts';

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ieee = { dsaEncoding: 'ieee-p1363' as const };
const expectation = { maxBytes: 16_384, typ: ['vc+jwt'] };

function signed(payload: unknown): string {
  const input = compactOf(payload).split('.').slice(0, 2).join('.');
  const key = createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  return `${input}.${encodeBase64url(sign('sha256', Buffer.from(input), { key, ...ieee }))}`;
}

const token = signed(samplePassport());

/** Whether the token is accepted by the strict parser, and its signature by node:crypto. */
function isAccepted(text: string): boolean {
  const jws = parseCompactJws(text, expectation);
  if (!jws.ok) return false;
  const input = Buffer.from(text.slice(0, text.lastIndexOf('.')));
  return verify('sha256', input, { key: publicKey, ...ieee }, jws.value.signature);
}

describe('a signed passport', () => {
  test('is accepted', () => {
    expect(isAccepted(token)).toBe(true);
  });

  test('is not accepted with one character changed, taken away or added', () => {
    const character = fc.constantFrom(...'AZaz09-_.=+/ \n\u0000é');
    const change = fc.constantFrom('replace', 'remove', 'insert');
    fc.assert(
      fc.property(fc.nat(token.length - 1), character, change, (at, other, kind) => {
        const kept = kind === 'insert' ? at : at + 1;
        const text = `${token.slice(0, at)}${kind === 'remove' ? '' : other}${token.slice(kept)}`;
        if (text !== token) expect(isAccepted(text)).toBe(false);
      }),
      { numRuns },
    );
  });

  test('has no other text with the same parts', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('=', '\n', ' ', '.', 'A', ''), { maxLength: 3 }),
        (tail) => {
          const text = `${token}${tail.join('')}`;
          if (text !== token) expect(isAccepted(text)).toBe(false);
        },
      ),
      { numRuns },
    );
  });
});

test('no payload makes the parsers throw', () => {
  const passport = samplePassport();
  const names = Object.keys(passport);
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.jsonValue(), (name, value) => {
      const jws = parseCompactJws(compactOf({ ...passport, [name]: value }), expectation);
      if (!jws.ok) return;
      const credential = parseAgentCredential(jws.value);
      if (credential.ok) expect(typeof parsePassport(credential.value).ok).toBe('boolean');
      else expect(credential.faults[0]?.rule).toMatch(/^(credential|subject|status|issuer)-/);
    }),
    { numRuns },
  );
});
