/**
 * How many times a second `run` completes, `parallel` at a time.
 *
 * @template Item
 * @param {(item: Item) => Promise<unknown>} run
 * @param {{ items: Iterable<Item>, parallel?: number }} order it runs until the items are used up
 * @returns {Promise<number>}
 */
export async function rateOver(run, { items, parallel = 1 }) {
  const queue = items[Symbol.iterator]();
  let done = 0;
  const work = async () => {
    for (let next = queue.next(); !next.done; next = queue.next()) {
      await run(next.value);
      done += 1;
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: parallel }, work));
  return (done * 1000) / (performance.now() - began);
}

/** Counts up for so many milliseconds. */
export function* numbersFor(forMs) {
  const end = performance.now() + forMs;
  for (let number = 0; performance.now() < end; number += 1) yield number;
}

/**
 * Microseconds of CPU that one run takes, in all threads of this process.
 *
 * @param {() => Promise<unknown>} run
 * @param {number} times
 * @returns {Promise<number>}
 */
export async function cpuOver(run, times) {
  const began = process.cpuUsage();
  for (let time = 0; time < times; time += 1) await run();
  const { user, system } = process.cpuUsage(began);
  return (user + system) / times;
}

/**
 * Lets every contender warm up, then takes one sample of each in turn, round after round, so that a
 * busy moment of the machine meets all of them alike.
 *
 * @param {Record<string, (round: number) => Promise<number>>} contenders one sample each
 * @param {{ warmUps: number, rounds: number, say: (line: string) => void }} options
 * @returns {Promise<Record<string, { samples: number[] }>>} those of one round at the same place
 */
export async function compare(contenders, { warmUps, rounds, say }) {
  const names = Object.keys(contenders);
  const samples = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 1 - warmUps; round <= rounds; round += 1) {
    for (const name of names) {
      const rate = await contenders[name](round);
      // Before round 1, code is compiled, connections are opened, caches are filled.
      if (round > 0) samples[name].push(rate);
    }
    say(round > 0 ? `round ${round} of ${rounds}` : 'warming up');
  }
  return Object.fromEntries(names.map((name) => [name, { samples: samples[name] }]));
}

/** The value in the middle. */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
