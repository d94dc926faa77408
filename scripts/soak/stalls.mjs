const tickMs = 100;
const leastMs = 400;

/**
 * Notices when this process did not get to run for a while: on a machine with too much to do, reads
 * end at their deadline although no host is at fault.
 *
 * @param {(stall: { at: number, ms: number }) => void} onStall `at` is when it was over
 * @returns {() => void} ends the watch
 */
export function watchStalls(onStall) {
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    const ms = Math.round(now - last - tickMs);
    last = now;
    if (ms >= leastMs) onStall({ at: Date.now(), ms });
  }, tickMs);
  timer.unref();
  return () => clearInterval(timer);
}
