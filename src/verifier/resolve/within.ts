/** Waits for work, and for no longer than this; what is late is answered by `late`, and ignored. */
export function within<Value>(
  waitMs: number,
  work: Promise<Value>,
  late: () => Value,
): Promise<Value> {
  // By hand: every read comes by twice, and a race makes five promises where this makes two.
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(late()), Math.max(0, waitMs));
    const end = (settle: () => void) => {
      clearTimeout(timer);
      settle();
    };
    work.then(
      (value) => end(() => resolve(value)),
      (error: unknown) => end(() => reject(error)),
    );
  });
}
