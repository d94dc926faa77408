import { createVerifier, type VerifierOptions } from '../../src/verifier/index.ts';
import type { Verifier } from '../../src/verifier/ports.ts';
import { createSources } from '../../src/verifier/sources.ts';
import { trustOf } from '../../src/verifier/trust.ts';
import { checks, verifyClient } from '../../src/verifier/verify-client.ts';

/** What makes a verifier from which the checks whose ids start so were taken out. */
export function createVerifierWithout(prefix: string): (options: VerifierOptions) => Verifier {
  const table = checks.filter(([id]) => !id.startsWith(prefix));
  return (options) => {
    const whole = createVerifier(options);
    const { fetch, policy, clock = Date.now } = options;
    const court = {
      trust: trustOf(policy),
      sources: createSources({ fetch, clock }),
      allowLoopback: fetch.allowLoopback,
      validators: new Map(),
      clock,
    };
    return {
      ...whole,
      verifyClient: (clientId, request) => {
        const input = { kind: 'client_id', value: clientId } as const;
        const asked = { scope: request?.scope ?? '', details: [], credentials: [] };
        const question = { input, raw: clientId, ...asked };
        return verifyClient(court, question, table);
      },
      invalidate: (url) => {
        whole.invalidate(url);
        court.sources.octets.drop(url);
        court.sources.lists.drop(url);
      },
    };
  };
}
