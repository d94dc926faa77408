import type { Metrics } from '../metrics/metrics.ts';
import type { Verifier } from '../verifier/ports.ts';
import type { Verdict } from '../verifier/verdict.ts';

/** The same verifier; verdicts on clients and credentials are counted with the time they took. */
export function measureVerifier(
  verifier: Verifier,
  metrics: Pick<Metrics, 'observeVerification'>,
): Verifier {
  const timed = async (question: Promise<Verdict>): Promise<Verdict> => {
    const began = performance.now();
    const verdict = await question;
    const { outcome, reason } = verdict;
    const seconds = (performance.now() - began) / 1_000;
    metrics.observeVerification({ outcome, reason, seconds });
    return verdict;
  };
  return {
    ...verifier,
    verifyClient: (clientId, request) => timed(verifier.verifyClient(clientId, request)),
    verifyCredential: (jwt, request) => timed(verifier.verifyCredential(jwt, request)),
  };
}
