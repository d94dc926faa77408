import type { Target } from '../target.ts';

/** Oracle IAM identity domains: trusted locations of metadata, and client control per resource. */
export const oracle: Target = {
  id: 'oracle',
  name: 'Oracle IAM identity domains',
  versions: '',
  basis: 'documentation',
  asOf: '2026-09-23',
  knowledge: 'partial',
  maxBytes: null,
  extraMembers: 'unknown',
  cache: {
    minSeconds: 0,
    maxSeconds: null,
    silentSeconds: null,
    heeds: [],
    remark: 'bounded, by a figure that is not documented',
  },
  enforces: [],
  tolerates: [],
  rules: [],
};
