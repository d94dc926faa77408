import { z } from 'zod';
import type { SignedAssertion } from '../journeys/sign-assertion.ts';
import { assertionAnswer } from './agent-answers.ts';
import { ok } from './answer.ts';
import { type Route, route } from './route.ts';

const assertionInput = z.strictObject({
  audience: z.string(),
  profile: z.enum(['strict']).nullable().default(null),
});

/** The call by which an agent whose key the registry holds gets to authenticate. */
export const assertionRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/agents/:target/assertions',
    scope: 'keys:write',
    servesNarrowTokens: true,
    input: assertionInput,
    summary: 'Sign a client assertion with the key that the registry holds',
    answers: { 200: assertionAnswer },
    refuses: ['agent-not-found', 'agent-wrong-state', 'key-held-elsewhere', 'key-not-found'],
    run: ({ ports, caller, target }, input) =>
      ports.registry.signAssertion({ ...caller, handle: target, ...input }),
    view: (signed) => ok(viewAssertion(signed)),
  }),
];

function viewAssertion({ assertion, clientId, audience, expiresAt }: SignedAssertion) {
  return {
    assertion,
    // RFC 7523 §2.2: what a token request says beside the assertion.
    assertionType: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    clientId,
    audience,
    expiresAt: expiresAt.toISOString(),
  };
}
