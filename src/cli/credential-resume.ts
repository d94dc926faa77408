import { changeCredential } from './change-credential.ts';

export const credentialResume = changeCredential('resume', 'end a suspension');
