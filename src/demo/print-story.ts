import type { Stage } from './stage.ts';
import type { Step } from './story.ts';

/** Where the parts of a stage can be visited. */
export interface Places {
  readonly registry: string;
  readonly authorizationServer: string;
  readonly mcpServer: string;
  readonly untrustedRegistry: string;
  readonly agents: readonly string[];
  /** Opens the management API of the registry, which ends with the demo. */
  readonly adminToken: string;
}

/** The URLs of a stage on which the story was told. */
export function placesOf(stage: Stage): Places {
  const { url, adminToken } = stage.registry;
  return {
    registry: url,
    authorizationServer: stage.authorizationServer.issuer,
    mcpServer: stage.logServer.url,
    untrustedRegistry: stage.stranger.url,
    agents: ['log-server', 'release-bot'].map((handle) => `${url}/a/${handle}`),
    adminToken,
  };
}

/** A step for people: one line per finding, with what was decided, why, and how long it took. */
export function printStep(step: Step): string {
  const lines = step.findings.map((finding) => {
    const mark = finding.asExpected ? 'ok ' : 'NOT';
    const reason = finding.reason === null ? '' : ` (${finding.reason})`;
    return `  ${mark} ${finding.what}: ${finding.decision}${reason}, ${finding.ms} ms`;
  });
  return `${step.step} ${step.title}\n${lines.join('\n')}\n`;
}

/** The URLs for people. */
export function printPlaces(places: Places): string {
  return `
registry              ${places.registry}
management API        ${places.registry}/api/v1 with the token ${places.adminToken}
authorization server  ${places.authorizationServer}
MCP server            ${places.mcpServer}
untrusted registry    ${places.untrustedRegistry}
agents                ${places.agents.join('\n                      ')}
`;
}
