import { SealwrightError } from '../../src/kernel/sealwright-error.ts';

/** What a refusal tells its caller: the code, then each fault as `pointer: detail`. */
export function refusalOf(work: () => unknown): readonly string[] {
  try {
    work();
  } catch (error) {
    return told(error);
  }
  return ['accepted'];
}

/** The same for work that takes time. */
export async function refusalLater(work: Promise<unknown>): Promise<readonly string[]> {
  return work.then(() => ['accepted'], told);
}

function told(error: unknown): readonly string[] {
  if (!(error instanceof SealwrightError)) throw error;
  return [error.code, ...error.faults.map(({ pointer, detail }) => `${pointer}: ${detail}`)];
}
