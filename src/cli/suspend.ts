import { takeBackMany } from './take-back-many.ts';

/** Stops agents; with an option about credentials, only those facets. */
export const suspend = takeBackMany({
  words: 'suspend',
  path: '/suspensions',
  done: 'suspended',
  summary: 'stop many agents, or take back many credentials, for now',
  types: ['compliance', 'provenance', 'allowed-actions'],
});
