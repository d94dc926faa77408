import { credentialTamperings } from './credential-tamperings.ts';
import { documentTamperings } from './document-tamperings.ts';
import { requestTamperings } from './request-tamperings.ts';
import { statusTamperings } from './status-tamperings.ts';
import type { Tampering } from './tampering.ts';

/** Every way to be refused, at least one for each check. */
export const tamperings: readonly Tampering[] = [
  ...requestTamperings,
  ...documentTamperings,
  ...credentialTamperings,
  ...statusTamperings,
];
