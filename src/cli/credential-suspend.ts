import { changeCredential } from './change-credential.ts';

export const credentialSuspend = changeCredential('suspend', 'stop a credential for now');
