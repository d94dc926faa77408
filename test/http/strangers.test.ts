import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningService, startRunningService } from '../support/running-service.ts';

let place: RunningService;

beforeAll(async () => {
  place = await startRunningService();
});

afterAll(() => place[Symbol.asyncDispose]());

async function exchange(): Promise<number> {
  const response = await fetch(`${place.address}/api/v1/token-exchange`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'grant_type=none',
  });
  await response.arrayBuffer();
  return response.status;
}

const enrol = async (): Promise<number> =>
  (await place.call('POST', '/enrol', { token: 'x' }, null)).status;
const read = async (): Promise<number> =>
  (await place.call('GET', '/agents', undefined, 'swt_unknown')).status;

/** How many were answered otherwise before one was told to wait; the limit fills up meanwhile. */
async function triesUntilRefused(attempt: () => Promise<number>): Promise<number> {
  for (const tries of Array(3_000).keys()) if ((await attempt()) === 429) return tries;
  throw new Error('never told to wait');
}

test('an address that shows no usable token may try so often, in whatever way', async () => {
  expect(await triesUntilRefused(enrol)).toBeGreaterThanOrEqual(600);
  for (const attempt of [exchange, read, enrol]) {
    expect(await triesUntilRefused(attempt)).toBeLessThan(300);
  }
  expect((await place.call('GET', '/agents')).status).toBe(200);
}, 60_000);
