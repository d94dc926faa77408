import type { Target } from '../target.ts';

/** Janssen's auth server, behind its feature flag; an operator's scripts decide on registration. */
export const janssen: Target = {
  id: 'janssen',
  name: 'Janssen',
  versions: '',
  basis: 'source',
  asOf: '2026-11-20',
  knowledge: 'partial',
  maxBytes: 65_536,
  extraMembers: 'dropped',
  cache: {
    minSeconds: 0,
    maxSeconds: 86_400,
    silentSeconds: 3_600,
    heeds: [],
    remark: 'an hour unless the operator sets more',
  },
  enforces: [],
  tolerates: [],
  rules: [],
};
