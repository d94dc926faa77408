import { z } from 'zod';
import { credentialStateAt } from '../credentials/credential.ts';
import type { AccessGrant } from '../journeys/registry.ts';
import type { Organization } from '../organizations/organization.ts';
import { ok } from './answer.ts';
import { type Route, route } from './route.ts';

const accessInput = z.strictObject({ action: z.string().min(1), resource: z.string().min(1) });

/** Who may do something now: by which credential, issued by whom, and why. */
export const accessRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/access',
    scope: 'agents:read',
    servesNarrowTokens: true,
    input: accessInput,
    run: async ({ ports, caller }, question) => {
      const [organization, grants] = await Promise.all([
        ports.registry.findOrganization(caller),
        ports.registry.answerAccess({ ...caller, ...question }),
      ]);
      return { organization, grants };
    },
    view: ({ organization, grants }, call) => {
      const at = call.ports.clock.now();
      return ok({ data: grants.map((grant) => viewGrant(grant, organization, at)), next: null });
    },
  }),
];

function viewGrant({ agent, credential }: AccessGrant, issuer: Organization, at: Date) {
  return {
    agent: {
      id: agent.id,
      handle: agent.handle,
      name: agent.name,
      state: agent.state,
      clientId: agent.clientId,
    },
    credential: {
      id: credential.id,
      type: credential.type,
      state: credentialStateAt(credential, at),
      validFrom: credential.validFrom.toISOString(),
      validUntil: credential.validUntil.toISOString(),
    },
    issuer: issuer.did,
    reason: credential.reason,
  };
}
