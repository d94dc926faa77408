const deadlineMs = 15_000;

/** An answer that is a JSON object; one that is not counts as empty. */
export interface JsonAnswer {
  readonly status: number;
  readonly json: Readonly<Record<string, unknown>>;
}

/** One request that goes nowhere else: a redirect would carry a token or an assertion along. */
export async function askForJson(url: string | URL, init: RequestInit = {}): Promise<JsonAnswer> {
  const signal = AbortSignal.timeout(deadlineMs);
  const response = await fetch(url, { ...init, redirect: 'error', signal });
  return { status: response.status, json: parse(await response.text()) };
}

function parse(text: string): JsonAnswer['json'] {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
