import { changeCredential } from './change-credential.ts';

/** A suspension of the whole agent goes on. */
export const credentialResume = changeCredential('resume', 'end a suspension');
