import { deferred, held, type Requirement } from './requirement.ts';

/** The audit trail, as others can rely on it. */
export const requirements: readonly Requirement[] = [
  held('M-01', 'Every call that changes something leaves a record of its request'),
  held('M-02', 'A record altered, removed, moved, doubled or inserted is found, and named'),
  held('M-03', 'A trail that was cut off is found by a checkpoint that is kept elsewhere'),
  deferred(
    'M-04',
    'While the trail cannot be written nothing changes, and documents are served',
    'records are rows of the same transaction; the copy outside of the database is tried with it',
  ),
  held('M-05', 'Checkpoints are consistent, and a revocation is proved, by RFC 6962 alone'),
  held('M-06', 'A record says who, for whom, when, from where, before and after, and no secret'),
  held('M-07', 'Calls that were denied are recorded, and a flood of them fills nothing'),
];
