const tickMs = 10;
const warmUpParallel = 8;
/** One call in so many comes after the verifier was told that the client's document changed. */
const invalidateEvery = 50;

/**
 * Asks about every client once, a few at a time, so that code is compiled, connections are open and
 * caches full before anything is timed.
 */
export async function warmUp({ clients, ...order }) {
  const queue = clients.values();
  const work = async () => {
    for (const client of queue) await ask(client, order);
  };
  await Promise.all(Array.from({ length: warmUpParallel }, work));
}

async function ask(client, { verifier, scope, onCall, onError }) {
  const began = Date.now();
  try {
    const verdict = await verifier.verifyClient(client.clientId, { scope });
    onCall(client, callOf(verdict, began));
  } catch (error) {
    onError(error);
  }
}

/**
 * Asks about clients at random, so many a second whatever becomes of the calls: a verifier that
 * falls behind meets ever more questions at once. Resolves when every call has ended.
 *
 * @param {{ verifier: object, clients: readonly object[], scope: string, rate: number,
 *   seconds: number, onCall: (client: object, call: object) => void,
 *   onError: (error: unknown) => void }} order
 * @returns {Promise<{ calls: number, loadS: number }>} the time from the first to the last question
 */
export async function applyLoad({ rate, seconds, clients, ...order }) {
  const underWay = new Set();
  const startedAt = performance.now();
  let calls = 0;

  function askAllDue() {
    const due = Math.min((performance.now() - startedAt) / 1_000, seconds) * rate;
    for (; calls < Math.floor(due); calls += 1) {
      const client = clients[Math.floor(Math.random() * clients.length)];
      if (calls % invalidateEvery === 0) order.verifier.invalidate(client.clientId);
      const asking = ask(client, order).finally(() => underWay.delete(asking));
      underWay.add(asking);
    }
  }

  await new Promise((resolve) => {
    const timer = setInterval(() => {
      askAllDue();
      if (performance.now() - startedAt < seconds * 1_000) return;
      clearInterval(timer);
      resolve();
    }, tickMs);
  });
  const loadS = (performance.now() - startedAt) / 1_000;
  await Promise.all(underWay);
  return { calls, loadS };
}

function callOf(verdict, startedAt) {
  const { outcome, reason, granted, client, report } = verdict;
  const deciding = report.checks.find((check) => ['fail', 'undetermined'].includes(check.outcome));
  const redirectUris = client?.redirectUris;
  const evidence = deciding?.evidence ?? {};
  return { startedAt, endedAt: Date.now(), outcome, reason, granted, redirectUris, evidence };
}
