import { changeIssuerKey } from './issuer-key.ts';

/** Refused before every reader of the documents knows the key. */
export const issuerKeyActivate = changeIssuerKey(
  'activate',
  'have a prepared key sign from now on',
);
