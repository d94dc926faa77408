import type { IncomingMessage } from 'node:http';
import type { Answer as Awaited } from '../verifier/approvals.ts';
import type { Answer } from './answer.ts';

/** Routes beside the hooks: nothing is decided here about a client that asks for something. */
export interface SideRoute {
  /** The route, and everything below it. Stands in the metrics for all of them. */
  readonly path: string;
  /** true when whoever reaches the listener may ask, token or not. */
  readonly isPublic: boolean;
  /** Throws a `Refusal` for what it does not answer. */
  readonly answer: (request: IncomingMessage) => Awaited<Answer>;
  /** Families in the text format of Prometheus. */
  readonly metrics?: () => Awaited<readonly string[]>;
}

/** The path of a request, as it was sent. */
export function pathOf({ url = '' }: IncomingMessage): string {
  return url.replace(/\?.*$/s, '');
}
