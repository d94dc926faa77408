import { changeIssuerKey } from './issuer-key.ts';

/** The active key is retired by activating another. */
export const issuerKeyRetire = changeIssuerKey('retire', 'give up a prepared key');
