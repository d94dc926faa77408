import type { LookupOptions } from 'node:dns';
import { describe, expect, it } from 'vitest';
import {
  AddressRefused,
  lookupLoopback,
  lookupPublic,
} from '../../../src/verifier/node/dialled-addresses.ts';
import { type ResolvedAddress, resolveBySystem } from '../../../src/verifier/node/resolve-host.ts';

const good = { address: '93.184.215.14', family: 4 };
const better = { address: '2606:4700:4700::1111', family: 6 };
const loopback = { address: '127.0.0.1', family: 4 };

/** What a socket is told by the hook. */
function ask(hook: typeof lookupLoopback, options: LookupOptions): Promise<readonly unknown[]> {
  return new Promise((resolve) => {
    hook('id.acme.com', options, (...told) => resolve(told));
  });
}

describe('the resolver hook of a socket', () => {
  it('gives all that was judged, and nothing else', async () => {
    const hook = lookupPublic(async () => [good, better]);
    expect(await ask(hook, { all: true })).toEqual([null, [good, better]]);
    expect(await ask(hook, { all: false })).toEqual([null, good.address, 4]);
    expect(await ask(hook, {})).toEqual([null, good.address, 4]);
  });

  it('B-08 judges every answer by itself, whatever the name led to before', async () => {
    const answers: ResolvedAddress[][] = [[good], [loopback], [good, loopback], [better]];
    const hook = lookupPublic(async () => answers.shift() ?? []);
    expect(await ask(hook, { all: true })).toEqual([null, [good]]);
    expect((await ask(hook, { all: true }))[0]).toBeInstanceOf(AddressRefused);
    expect((await ask(hook, { all: true }))[0]).toBeInstanceOf(AddressRefused);
    expect(await ask(hook, { all: true })).toEqual([null, [better]]);
  });

  it('B-08 gives what it has judged even if the resolver thinks again', async () => {
    const answer = [good];
    const told = await ask(
      lookupPublic(async () => answer),
      { all: true },
    );
    answer[0] = loopback;
    expect(told).toEqual([null, [good]]);
  });

  it.each<[string, () => Promise<ResolvedAddress[]>]>([
    ['an error', () => Promise.reject(new Error('ENOTFOUND'))],
    ['what is no error', () => Promise.reject('ENOTFOUND')],
  ])('passes %s of the resolver on as one', async (_what, resolveHost) => {
    const [error, addresses] = await ask(lookupPublic(resolveHost), { all: true });
    expect(addresses).toEqual([]);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(AddressRefused);
  });

  it('refuses under a name of its own, and gives no address', async () => {
    const told = await ask(
      lookupPublic(async () => [loopback]),
      { all: false },
    );
    expect(told).toEqual([
      expect.objectContaining({
        name: 'AddressRefused',
        message: 'the name leads to an address that is not public',
      }),
      [],
    ]);
  });

  it('has the addresses of the system, and its error', async () => {
    expect(await resolveBySystem('127.0.0.1')).toEqual([loopback]);
    // Longer than any name, so that no server is asked.
    await expect(resolveBySystem('x'.repeat(300))).rejects.toBeInstanceOf(Error);
  });

  it('asks nobody for a loopback name', async () => {
    expect(await ask(lookupLoopback, { all: true })).toEqual([
      null,
      [loopback, { address: '::1', family: 6 }],
    ]);
    expect(await ask(lookupLoopback, {})).toEqual([null, '127.0.0.1', 4]);
  });
});
