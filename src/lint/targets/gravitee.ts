import type { Target } from '../target.ts';

/** Gravitee Access Management, which makes clients from a template application. */
export const gravitee: Target = {
  id: 'gravitee',
  name: 'Gravitee Access Management',
  versions: '4.12',
  basis: 'documentation',
  asOf: '2026-11-20',
  knowledge: 'partial',
  maxBytes: 20_480,
  extraMembers: 'unknown',
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
