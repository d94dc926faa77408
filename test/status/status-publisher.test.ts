import { describe, expect, it } from 'vitest';
import type { StatusListId } from '../../src/status/status-list.ts';
import { StatusPublisher } from '../../src/status/status-publisher.ts';

const id = 'lst_1' as StatusListId;
const otherId = 'lst_2' as StatusListId;

/**
 * A list of numbers behind a publisher: what a publication shows is what was recorded when it
 * began. It answers with the count of its publications, as a date.
 */
function arrange() {
  const recorded: number[] = [];
  const shown: number[][] = [];
  const faults: Error[] = [];
  let working = 0;
  let most = 0;
  const publisher = new StatusPublisher(async () => {
    working += 1;
    most = Math.max(most, working);
    const seen = [...recorded];
    await new Promise((resolve) => setImmediate(resolve));
    working -= 1;
    const fault = faults.shift();
    if (fault !== undefined) throw fault;
    shown.push(seen);
    return new Date(shown.length);
  });
  return { recorded, shown, faults, publisher, mostAtOnce: () => most };
}

describe('publishing on demand', () => {
  it('costs two publications for a burst of a hundred changes', async () => {
    const { recorded, shown, publisher } = arrange();
    const changes = Array.from({ length: 100 }, async (_, change) => {
      recorded.push(change);
      return publisher.publish(id);
    });
    const answers = (await Promise.all(changes)).map((at) => at.getTime());
    expect(shown.map((seen) => seen.length)).toStrictEqual([1, 100]);
    expect(answers).toStrictEqual([1, ...new Array<number>(99).fill(2)]);
  });

  it('answers every caller by a publication that shows its change', async () => {
    const { recorded, shown, publisher } = arrange();
    const change = async (number: number): Promise<boolean> => {
      for (let turn = 0; turn < number % 7; turn += 1) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      recorded.push(number);
      const publication = (await publisher.publish(id)).getTime();
      return shown[publication - 1]?.includes(number) ?? false;
    };
    const covered = await Promise.all(Array.from({ length: 50 }, (_, number) => change(number)));
    expect(covered).toStrictEqual(new Array<boolean>(50).fill(true));
  });

  it('runs one publication of a list at a time', async () => {
    const { publisher, mostAtOnce } = arrange();
    const first = publisher.publish(id);
    const second = publisher.publish(id);
    const third = first.then(() => publisher.publish(id));
    await Promise.all([first, second, third]);
    expect(mostAtOnce()).toBe(1);
  });

  it('runs those of two lists side by side', async () => {
    const { publisher, mostAtOnce } = arrange();
    await Promise.all([publisher.publish(id), publisher.publish(otherId)]);
    expect(mostAtOnce()).toBe(2);
  });
});

describe('a failure', () => {
  it('reaches its callers and leaves the next publication alone', async () => {
    const { faults, publisher } = arrange();
    faults.push(new Error('the signer is away'));
    const settled = await Promise.allSettled([publisher.publish(id), publisher.publish(id)]);
    expect(settled).toStrictEqual([
      { status: 'rejected', reason: new Error('the signer is away') },
      { status: 'fulfilled', value: new Date(1) },
    ]);
    expect(await publisher.publish(id)).toStrictEqual(new Date(2));
  });

  it('of the shared publication reaches all that waited for it, and is over then', async () => {
    const { faults, publisher } = arrange();
    const first = publisher.publish(id);
    const waiting = [publisher.publish(id), publisher.publish(id)];
    await first;
    faults.push(new Error('the signer is away'));
    const settled = await Promise.allSettled(waiting);
    expect(settled.map(({ status }) => status)).toStrictEqual(['rejected', 'rejected']);
    expect(await publisher.publish(id)).toStrictEqual(new Date(2));
  });
});

describe('publishing several lists', () => {
  it('publishes each once and answers with the latest moment', async () => {
    const { shown, publisher } = arrange();
    expect(await publisher.publishAll([id, otherId, id])).toStrictEqual(new Date(2));
    expect(shown).toHaveLength(2);
  });

  it('answers nothing for none', async () => {
    const { publisher } = arrange();
    expect(await publisher.publishAll([])).toBeNull();
  });
});
