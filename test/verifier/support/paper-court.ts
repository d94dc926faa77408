import type { Court } from '../../../src/verifier/inquiry.ts';
import { createSources } from '../../../src/verifier/sources.ts';
import { trustOf } from '../../../src/verifier/trust.ts';
import type { PaperWorld } from './paper-world.ts';

/** What `verifyClient` of the house judges by in a world, for tables with a check taken out. */
export function paperCourt({ fetch, clock, policy }: PaperWorld): Court {
  return {
    clock,
    trust: trustOf(policy),
    sources: createSources({ fetch, clock }),
    allowLoopback: fetch.allowLoopback,
    validators: new Map(),
  };
}
