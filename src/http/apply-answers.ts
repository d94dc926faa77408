import { z } from 'zod';
import { privateJwk, stamp, texts } from './answer-schemas.ts';

const action = z.enum(['create', 'change', 'unchanged', 'refuse']);
const counted = z.object({
  create: z.int(),
  change: z.int(),
  unchanged: z.int(),
  refuse: z.int(),
});

const problem = z.object({
  code: z.string(),
  detail: z.string(),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })),
});

const step = {
  action: z.enum(['issue', 'replace', 'revoke']),
  type: z.string(),
  replaces: texts,
};

const pending = { id: z.string(), expiresAt: stamp };
const entry = {
  handle: z.string(),
  action,
  members: z.array(z.object({ member: z.string(), from: z.unknown(), to: z.unknown() })),
  problem: problem.optional(),
};

const plan = z
  .object({
    ...entry,
    credentials: z.array(z.object(step)),
    enrolment: z.object(pending).optional(),
  })
  .meta({ id: 'AgentPlan' });

const result = z
  .object({
    ...entry,
    credentials: z.array(z.object({ ...step, id: z.string().optional() })),
    state: z.string().optional(),
    clientId: z.string().optional(),
    did: z.string().optional(),
    privateJwk: privateJwk.optional(),
    enrolment: z
      .object({ ...pending, token: z.string().optional(), audience: z.string().optional() })
      .optional(),
  })
  .meta({ id: 'AppliedAgent' });

/** What applying would do. */
export const plansAnswer = z
  .object({ preview: z.literal(true), summary: counted, agents: z.array(plan) })
  .meta({ id: 'ManifestPlan' });

/** What applying did. */
export const resultsAnswer = z
  .object({ preview: z.literal(false), summary: counted, agents: z.array(result) })
  .meta({ id: 'ManifestResult' });
