import { describe, expect, it } from 'vitest';
import { createVerifier } from '../../src/verifier/index.ts';
import { createPaperWorld, type PaperWorld } from './support/paper-world.ts';

type Publish = (world: PaperWorld, body: string | Uint8Array, type?: string) => void;

/** Where a stranger's JSON is read, and the verdict when it cannot be. */
const places: readonly (readonly [string, string, Publish])[] = [
  [
    'client metadata',
    'document-invalid',
    (world, body, type) => at(world, world.clientId, body, type),
  ],
  [
    'DID document',
    'issuer-unresolvable',
    (world, body, type) => at(world, world.didUrl, body, type),
  ],
  ['key set', 'document-invalid', (world, body, type) => at(world, world.jwksUri, body, type)],
];

function at(world: PaperWorld, url: string, body: string | Uint8Array, type?: string): void {
  world.serve(url, { headers: { 'content-type': type ?? 'application/json' }, body });
}

/** The body that a world serves at a URL, as text. */
function bodyOf(world: PaperWorld, url: string): string {
  const answer = world.fetch.answers.get(url);
  return typeof answer === 'object' && typeof answer.body === 'string' ? answer.body : '';
}

function urlOf(world: PaperWorld, place: string): string {
  const urls: Readonly<Record<string, string>> = {
    'client metadata': world.clientId,
    'DID document': world.didUrl,
  };
  return urls[place] ?? world.jwksUri;
}

/** Good JSON, with another member in front of those that it has. */
const withMember = (member: string) => (good: string) => `{${member},${good.slice(1)}`;
const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const utf8 = (text: string) => new TextEncoder().encode(text);

const unreadable: readonly (readonly [string, (good: string) => string | Uint8Array])[] = [
  ['C-06 a name twice, the same value', (good) => `${good.slice(0, -1)},"x":1,"x":1}`],
  ['C-06 a name twice, two values', withMember('"x":1,"x":2')],
  ['C-06 a name twice, once in escapes', withMember('"x":1,"\\u0078":2')],
  ['C-06 a name twice, far below', withMember('"x":[{"y":{"z":1,"a":0,"z":1}}]')],
  ['C-07 33 arrays in each other', withMember(`"x":${nested(32)}`)],
  ['C-07 1,000 arrays in each other', withMember(`"x":${nested(1_000)}`)],
  ['C-07 2,000 arrays that never end', withMember(`"x":${'['.repeat(2_000)}`)],
  ['C-08 __proto__', withMember('"__proto__":{"polluted":true}')],
  ['C-08 __proto__ in escapes, far below', withMember('"x":[{"__\\u0070roto__":{"polluted":1}}]')],
  ['C-08 constructor.prototype', withMember('"constructor":{"prototype":{"polluted":true}}')],
  ['C-09 a byte order mark', (good) => utf8(`\ufeff${good}`)],
  ['C-09 UTF-16', (good) => new Uint8Array(Buffer.from(good.slice(0, 2_000), 'utf16le'))],
  [
    'C-09 octets that are not UTF-8',
    (good) => Buffer.from(`{"x":"\xff",${good.slice(1)}`, 'latin1'),
  ],
  ['C-09 an overlong form', (good) => Buffer.from(`{"x":"\xc0\xaf",${good.slice(1)}`, 'latin1')],
  [
    'C-09 a surrogate in UTF-8',
    (good) => Buffer.from(`{"x":"\xed\xa0\x80",${good.slice(1)}`, 'latin1'),
  ],
  ['C-09 half a character in escapes', withMember('"x":"\\ud800"')],
  ['C-10 1e400', withMember('"x":1e400')],
  ['C-10 -0', withMember('"x":-0')],
  ['C-10 2^53+1', withMember('"x":9007199254740993')],
  ['C-10 -(2^53+1)', withMember('"x":-9007199254740993')],
  ['C-10 1E2', withMember('"x":1E2')],
  ['C-10 1e-400', withMember('"x":1e-400')],
  ['C-11 an array', (good) => `[${good}]`],
  ['C-11 a string', (good) => JSON.stringify(good)],
  ['C-11 null', () => 'null'],
  ['C-11 a number', () => '7'],
  ['C-11 nothing', () => ''],
  ['C-11 two objects', (good) => `${good}{}`],
  ['C-11 a comment', (good) => `${good}//`],
];

describe.each(places)('a %s', (place, reason, publish) => {
  it.each(unreadable)('with %s is refused', async (_what, change) => {
    const world = await createPaperWorld();
    const verifier = createVerifier(world.options());
    publish(world, change(bodyOf(world, urlOf(world, place))));
    const verdict = await verifier.verifyClient(world.clientId, { scope: 'write:tickets' });
    expect(verdict).toMatchObject({ outcome: 'rejected', reason, granted: [] });
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(([] as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it.each([
    ['C-05 application/json'],
    ['C-05 application/json; charset=utf-8'],
    ['C-05 Application/JSON;charset="UTF-8"'],
    ['C-05 application/json ; a=b'],
    ['C-05 application/x+json'],
    ['C-05 application/did+json'],
  ])('served as %s is read', async (row) => {
    const world = await createPaperWorld();
    const verifier = createVerifier(world.options());
    publish(world, bodyOf(world, urlOf(world, place)), row.slice('C-05 '.length));
    expect(await verifier.verifyClient(world.clientId)).toMatchObject({ outcome: 'accepted' });
  });

  it.each([
    ['C-05 text/html'],
    ['C-05 text/json'],
    ['C-05 text/plain; application/json'],
    ['C-05 application/octet-stream'],
    ['C-05 application/jsonp'],
    ['C-05 application/json5'],
    ['C-05 application/+json'],
    ['C-05 application/x+y/json'],
    ['C-05 application/json, text/html'],
    ['C-05 text/html, application/json'],
    ['C-05 xapplication/json'],
    ['C-05 application/json\u00a0'],
    ['C-05 '],
  ])('served as %j is refused', async (row) => {
    const world = await createPaperWorld();
    const verifier = createVerifier(world.options());
    publish(world, bodyOf(world, urlOf(world, place)), row.slice('C-05 '.length));
    const verdict = await verifier.verifyClient(world.clientId);
    expect(verdict).toMatchObject({ outcome: 'rejected', reason });
  });

  it('C-05 without a type is refused', async () => {
    const world = await createPaperWorld();
    const url = urlOf(world, place);
    world.serve(url, { body: bodyOf(world, url) });
    const verdict = await createVerifier(world.options()).verifyClient(world.clientId);
    expect(verdict).toMatchObject({ outcome: 'rejected', reason });
  });
});

describe('what is read of strangers', () => {
  it('C-08 goes no further than its own members', async () => {
    const world = await createPaperWorld();
    await world.publish({ core: { ...world.core, toString: 'x', hasOwnProperty: 'y' } });
    const verdict = await createVerifier(world.options()).verifyClient(world.clientId);
    // A member that was not vouched for, and nothing worse.
    expect(verdict).toMatchObject({ outcome: 'rejected', reason: 'document-digest-mismatch' });
  });

  it('C-01 is no more of a document than it may be, however it is published', async () => {
    const world = await createPaperWorld();
    const good = bodyOf(world, world.clientId);
    at(world, world.clientId, good.padEnd(5_120, ' '));
    const exact = createVerifier(world.options());
    expect(await exact.verifyClient(world.clientId)).toMatchObject({ outcome: 'accepted' });
    at(world, world.clientId, good.padEnd(5_121, ' '));
    const verdict = await createVerifier(world.options()).verifyClient(world.clientId);
    expect(verdict).toMatchObject({ outcome: 'rejected', reason: 'document-too-large' });
  });
});
