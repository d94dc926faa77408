import { changeCredential } from './change-credential.ts';

/** May be repeated: the first revocation stands, and is answered alike. */
export const credentialRevoke = changeCredential('revoke', 'take a credential back for good');
