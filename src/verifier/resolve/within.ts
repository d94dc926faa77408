/** Waits for work, and for no longer than this; what is late is answered by `late`, and ignored. */
export async function within<Value>(
  waitMs: number,
  work: Promise<Value>,
  late: () => Value,
): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = new Promise<Value>((resolve) => {
    timer = setTimeout(() => resolve(late()), Math.max(0, waitMs));
  });
  try {
    return await Promise.race([work, end]);
  } finally {
    clearTimeout(timer);
  }
}
