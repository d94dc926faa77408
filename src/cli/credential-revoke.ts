import { changeCredential } from './change-credential.ts';

export const credentialRevoke = changeCredential('revoke', 'take a credential back for good');
