import { z } from 'zod';

const texts = z.array(z.string());

/** What kind of software an agent is. */
export const kind = z.enum(['agent', 'mcp-server', 'mcp-client']);

/** The members of an agent's description that may be absent, wherever an agent is described. */
export const agentMembers = {
  description: z.string().optional(),
  team: z.string().optional(),
  tags: texts.optional(),
  version: z.string().optional(),
  redirectUris: texts.optional(),
  grantTypes: z
    .array(z.enum(['authorization_code', 'client_credentials', 'refresh_token']))
    .optional(),
  logoUri: z.string().optional(),
  profiles: z.array(z.enum(['strict'])).optional(),
} as const;
