import { changeIssuerKey } from './issuer-key.ts';

/** Published at once; it signs nothing before it is activated. */
export const issuerKeyPrepare = changeIssuerKey('prepare', 'publish the key that is to sign next');
