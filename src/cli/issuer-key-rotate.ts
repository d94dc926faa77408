import { changeIssuerKey } from './issuer-key.ts';

/** Preparing and activating in one: the service waits until every reader knows the key. */
export const issuerKeyRotate = changeIssuerKey(
  'rotate',
  'replace the signing key, when it is safe',
);
