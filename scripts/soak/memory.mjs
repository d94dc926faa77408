const mebibyte = 1_048_576;
const hourS = 3_600;

/** What the objective allows over a long run. */
const slopeMbPerHour = 1;
/**
 * What two samples of a verifier at rest may differ by, whatever lies between them: code that was
 * compiled meanwhile, what libraries set up when first needed, pages of the allocator. Over a short
 * time it outweighs any slope that matters; a run of hours sees those.
 */
const noiseMb = 2;

/** Collects garbage and reads what is left, in MiB: V8's heap and buffers outside it; resident. */
export function sampleMemory() {
  global.gc();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heapMb: roundMb((heapUsed + external) / mebibyte), rssMb: roundMb(rss / mebibyte) };
}

/**
 * How fast memory grew in the second half of a run, when caches have filled, and how fast it may
 * have: 1 MiB an hour, or the noise of a sample spread over that half where this is more.
 *
 * @param {readonly { s: number, heapMb: number, rssMb: number }[]} samples taken at rest, after so
 *   many seconds of load
 */
export function judgeMemory(samples) {
  const half = samples.slice((samples.length - 1) >> 1);
  const spanH = (half.at(-1).s - half[0].s) / hourS;
  const mbPerHour = slopeOf(half.map(({ s, heapMb }) => [s / hourS, heapMb]));
  const boundMbPerHour = Math.max(slopeMbPerHour, noiseMb / spanH);
  return {
    mbPerHour: roundMb(mbPerHour),
    boundMbPerHour: roundMb(boundMbPerHour),
    grownMb: roundMb(mbPerHour * spanH),
    rssMbPerHour: roundMb(slopeOf(half.map(({ s, rssMb }) => [s / hourS, rssMb]))),
    holds: mbPerHour <= boundMbPerHour,
  };
}

/** The median of the slopes between all pairs of points (Theil and Sen): one odd sample does not tilt it. */
function slopeOf(points) {
  const slopes = points.flatMap(([x, y], at) =>
    points.slice(at + 1).map(([later, higher]) => (higher - y) / (later - x)),
  );
  return median(slopes);
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function roundMb(value) {
  return Math.round(value * 100) / 100;
}
