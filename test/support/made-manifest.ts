import { stringify } from 'yaml';
import type { ManifestAgent } from '../../src/manifest/manifest.ts';

/** An agent of a made manifest: its number decides its team and what it may read. */
export function madeAgent(number: number): ManifestAgent {
  const team = number % 12;
  return {
    handle: `bot-${number}`,
    kind: 'agent',
    name: `Bot ${number}`,
    owners: [`team-${team}@acme.com`, 'lead@acme.com'],
    team: `team-${team}`,
    version: '1.0.0',
    tags: ['prod'],
    keyCustody: 'issued',
    credentials: [
      {
        type: 'allowed-actions',
        reason: 'CHG-4711',
        claims: { actions: [{ action: 'read', resource: `logs/team-${team}` }] },
      },
      {
        type: 'provenance',
        reason: 'CHG-4711',
        claims: {
          software: {
            name: `bot-${number}`,
            version: '1.0.0',
            repository: `https://git.acme.com/bot-${number}`,
            commit: '0123456789abcdef0123456789abcdef01234567',
          },
        },
      },
    ],
  };
}

/** A manifest as a file has it. */
export function manifestText(agents: readonly ManifestAgent[]): string {
  return stringify({ agents }, { aliasDuplicateObjects: false });
}
