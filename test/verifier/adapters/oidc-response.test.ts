import { describe, expect, it } from 'vitest';
import { heldResponseOf } from '../../../src/verifier/adapters/oidc-response.ts';

const text = '{"client_id":"https://id.example/a/bot/client.json"}';
const octets = new TextEncoder().encode(text);
const headers = new Map([
  ['content-type', 'application/json'],
  ['cache-control', 'public, max-age=300'],
  ['content-length', '9'],
]);

function held(status = 200) {
  return heldResponseOf({ ok: true, response: { status, headers, body: octets.slice() } });
}

/** As node-oidc-provider reads a body that it limits. */
async function iterate(body: AsyncIterable<Uint8Array> | null): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body ?? []) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('the response for a document that the verifier read', () => {
  it('has the octets in a body to iterate over, as often as it is asked for', async () => {
    const { body } = held();
    expect(await iterate(body)).toBe(text);
    expect(await iterate(body)).toBe(text);
    await expect(body?.cancel()).resolves.toBeUndefined();
  });

  it('names the type, and nothing that had the server keep a copy', () => {
    expect([...held().headers]).toEqual([['content-type', 'application/json']]);
  });

  it('names no type where the answer had none', () => {
    const response = { status: 200, headers: new Map<string, string>(), body: octets };
    expect([...heldResponseOf({ ok: true, response }).headers]).toEqual([]);
  });

  it('gives a copy of the octets, whose change changes nothing else', async () => {
    const response = held();
    const bytes = new Uint8Array(await response.arrayBuffer());
    expect(Buffer.from(bytes).toString()).toBe(text);
    bytes.fill(0);
    expect(await iterate(response.body)).toBe(text);
  });

  it.each([
    ['text', async () => held().text()],
    ['json', async () => JSON.stringify(await held().json())],
    ['bytes', async () => Buffer.from(await held().bytes()).toString()],
    ['blob', async () => (await held().blob()).text()],
    ['clone', async () => held().clone().text()],
  ])('gives the document by %s too, as any response does', async (_member, read) => {
    expect(await read()).toBe(text);
  });

  it('refuses to read the document as a form', async () => {
    await expect(held().formData()).rejects.toThrow(TypeError);
  });

  it('is otherwise what a response of the Fetch API is', async () => {
    const response = held();
    const { status, ok, statusText, redirected, type, url } = response;
    expect({ status, ok, statusText, redirected, type, url }).toEqual({
      status: 200,
      ok: true,
      statusText: '',
      redirected: false,
      type: 'default',
      url: '',
    });
    expect(response.bodyUsed).toBe(false);
    await response.text();
    expect(response.bodyUsed).toBe(true);
  });
});

describe('the response for what could not be read', () => {
  it('has the status and no body', async () => {
    const response = held(410);
    expect([response.status, response.body, await response.text()]).toEqual([410, null, '']);
  });

  it('is an error of fetch where there is no answer', () => {
    const outcome = { ok: false, failure: 'timeout', detail: 'the deadline passed' } as const;
    expect(() => heldResponseOf(outcome)).toThrow(TypeError);
    expect(() => heldResponseOf(outcome)).toThrow('timeout: the deadline passed');
  });
});
