import { expect, it } from 'vitest';
import type { RememberedRequest, RequestId } from '../../src/requests/remembered-request.ts';
import { noon } from './entities.ts';
import type { WorldSource } from './world.ts';

function requestNamed(name: string, changes: Partial<RememberedRequest> = {}): RememberedRequest {
  return {
    id: `req_${name}` as RequestId,
    tokenId: 'tok_1',
    key: 'order-1',
    fingerprint: 'same',
    createdAt: noon(),
    leaseUntil: noon(60),
    answer: null,
    ...changes,
  };
}

const ours = (request: RememberedRequest) => ({ request, isOurs: true });
const theirs = (request: RememberedRequest) => ({ request, isOurs: false });

export function rememberedRequestStoreContract(world: WorldSource): void {
  const first = requestNamed('first');
  const claim = (request: RememberedRequest) =>
    world().work.run(({ requests }) => requests.claim(request));

  it('gives the key to who comes first', async () => {
    expect(await claim(first)).toEqual(ours(first));
    const second = requestNamed('second', { createdAt: noon(1) });
    expect(await claim(second)).toEqual(theirs(first));
    const twin = requestNamed('twin');
    expect(await claim(twin)).toEqual(theirs(first));
  });

  it('tells the keys of two tokens apart, and two keys of one token', async () => {
    await claim(first);
    for (const own of [{ tokenId: 'tok_2' }, { key: 'order-2' }]) {
      const other = requestNamed(Object.keys(own).join(), own);
      expect(await claim(other)).toEqual(ours(other));
    }
  });

  it('hands a request whose lease has ended to who asks the same again', async () => {
    await claim(first);
    const later = requestNamed('later', { createdAt: noon(60), leaseUntil: noon(120) });
    expect(await claim(later)).toEqual(ours({ ...first, leaseUntil: noon(120) }));
  });

  it.each([
    ['before its lease has ended', { createdAt: noon(59) }],
    ['for another question', { createdAt: noon(60), fingerprint: 'other' }],
  ])('hands it to nobody %s', async (_, changes) => {
    await claim(first);
    const later = requestNamed('later', { leaseUntil: noon(120), ...changes });
    expect(await claim(later)).toEqual(theirs(first));
  });

  it('keeps the first answer, and lets nobody take it over or free it', async () => {
    await claim(first);
    const answer = Uint8Array.of(1, 0, 255);
    await world().work.run(async ({ requests }) => {
      await requests.answer(first.id, answer);
      await requests.answer(first.id, Uint8Array.of(2));
      await requests.lease(first.id, noon(1));
      await requests.release(first.id);
    });
    const again = requestNamed('again', { createdAt: noon(90) });
    expect(await claim(again)).toEqual(theirs({ ...first, answer }));
  });

  it('ends a lease, and frees a key', async () => {
    await claim(first);
    await world().work.run(({ requests }) => requests.lease(first.id, noon(5)));
    const taken = requestNamed('taken', { createdAt: noon(5), leaseUntil: noon(65) });
    expect(await claim(taken)).toEqual(ours({ ...first, leaseUntil: noon(65) }));
    await world().work.run(({ requests }) => requests.release(first.id));
    expect(await claim(taken)).toEqual(ours(taken));
  });

  it('forgets the oldest, so many at once', async () => {
    for (const second of [1, 2, 3, 4]) {
      await claim(requestNamed(`${second}`, { key: `${second}`, createdAt: noon(second) }));
    }
    const forget = (limit: number) =>
      world().work.run(({ requests }) => requests.forget(noon(4), limit));
    expect(await forget(2)).toBe(2);
    expect(await forget(2)).toBe(1);
    expect(await forget(2)).toBe(0);
    const late = requestNamed('late', { key: '4', createdAt: noon(9) });
    expect((await claim(late)).request.id).toBe('req_4');
  });
}
