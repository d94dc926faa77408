import { takeBackMany } from './take-back-many.ts';

/** Revokes credentials for good; agents go on with a new passport and without those facets. */
export const revoke = takeBackMany({
  words: 'revoke',
  path: '/revocations',
  done: 'revoked',
  summary: 'take back many credentials for good',
  types: ['passport', 'compliance', 'provenance', 'allowed-actions'],
});
