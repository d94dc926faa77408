import { changeCredential } from './change-credential.ts';

/** Suspends this credential alone; the agent goes on with the others. */
export const credentialSuspend = changeCredential('suspend', 'stop a credential for now');
