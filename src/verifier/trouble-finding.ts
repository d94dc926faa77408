import type { Finding } from './finding.ts';
import { fail, undetermined } from './finding.ts';
import type { Trouble } from './resolve/source.ts';

/** What it means for the client that one of its own documents could not be read. */
export function findingOfTrouble(trouble: Trouble, url: string): Finding {
  const evidence = { url, ...evidenceOfTrouble(trouble) };
  switch (trouble.cause) {
    case 'blocked':
      return fail(
        'fetch-blocked',
        evidence,
        'Serve it over https at a public address; localhost is for development (allowLoopback, --allow-loopback).',
      );
    case 'too-large':
      return fail('document-too-large', evidence, 'Make the document smaller.');
    default:
      return trouble.definite
        ? fail('fetch-failed', evidence, 'Serve it at exactly this URL with status 200.')
        : undetermined('fetch-failed', evidence, 'Try again; the host did not answer properly.');
  }
}

/** The facts of a failed read that a report may show. */
export function evidenceOfTrouble({ cause, status }: Trouble) {
  return { cause, status };
}
