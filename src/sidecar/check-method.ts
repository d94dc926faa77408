import type { IncomingMessage } from 'node:http';
import { Refusal } from './problems.ts';

/** Refuses a request by another method than these. */
export function checkMethod({ method = '' }: IncomingMessage, allowed: readonly string[]): void {
  if (allowed.includes(method)) return;
  const headers = { Allow: allowed.join(', '), Connection: 'close' };
  throw new Refusal('method-not-allowed', { headers });
}
