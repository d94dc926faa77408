import { isMailbox } from '../kernel/mailbox.ts';
import { isPlainLine } from '../kernel/plain-line.ts';
import { type InputFault, SealwrightError } from '../kernel/sealwright-error.ts';
import { isLoopbackName } from '../protocol/host-name.ts';
import { maxClientIdBytes } from '../protocol/limits.ts';
import type { AgentProfile } from './agent.ts';

const handlePattern = /^[a-z0-9](?:-?[a-z0-9])*$/;
/** What URL parsers repair or other readers take for a pattern. */
const strangeInUrl = /[\s\\*]|^https?:(?!\/\/[^/])/i;
const mostCharacters = { name: 120, description: 500, team: 60, version: 40, tag: 40, url: 500 };
const mostEntries = { owners: 20, tags: 20, redirectUris: 10, profiles: 4 };

/** Refuses a handle that could not stand in a URL, a DID and a file name alike. */
export function checkHandle(handle: string): void {
  if (handlePattern.test(handle) && handle.length >= 2 && handle.length <= 40) return;
  throw new SealwrightError('invalid-input', 'The handle is not well formed.', {
    faults: [
      {
        pointer: '/handle',
        detail: 'use 2 to 40 of a-z, 0-9 and single inner hyphens',
      },
    ],
  });
}

/** Refuses a client_id that some authorization server would find too long, before it is for ever. */
export function checkClientIdLength(
  clientId: string,
  fault: InputFault = { pointer: '/handle', detail: 'choose a shorter handle' },
): void {
  const bytes = Buffer.byteLength(clientId);
  if (bytes <= maxClientIdBytes) return;
  throw new SealwrightError(
    'client-id-too-long',
    `The client_id would have ${bytes} bytes; ${maxClientIdBytes} is the most that every server takes.`,
    { faults: [fault] },
  );
}

/** Refuses a profile with every fault named, so that one answer is enough to mend it. */
export function checkProfile(profile: AgentProfile, rules: { loopback: boolean }): void {
  const faults = [
    ...textFaults('/name', profile.name, mostCharacters.name),
    ...optionalText('/description', profile.description, mostCharacters.description),
    ...optionalText('/team', profile.team, mostCharacters.team),
    ...optionalText('/version', profile.version, mostCharacters.version),
    ...ownerFaults(profile.owners),
    ...countFaults('/tags', profile.tags, mostEntries.tags),
    ...countFaults('/profiles', profile.profiles, mostEntries.profiles),
    ...profile.tags.flatMap((tag, i) => textFaults(`/tags/${i}`, tag, mostCharacters.tag)),
    ...redirectFaults(profile, rules),
    ...(profile.logoUri === null ? [] : urlFaults('/logoUri', profile.logoUri, false)),
  ];
  if (faults.length === 0) return;
  throw new SealwrightError('invalid-input', 'The agent is not well described.', { faults });
}

function textFaults(pointer: string, text: string, most: number): InputFault[] {
  if (text.trim() === '') return [{ pointer, detail: 'must not be empty' }];
  if (text.length > most) return [{ pointer, detail: `must have at most ${most} characters` }];
  if (!isPlainLine(text)) return [{ pointer, detail: 'must not hold control characters' }];
  return [];
}

function optionalText(pointer: string, text: string | null, most: number): InputFault[] {
  return text === null ? [] : textFaults(pointer, text, most);
}

function countFaults(pointer: string, entries: readonly string[], most: number): InputFault[] {
  if (entries.length > most) return [{ pointer, detail: `must have at most ${most} entries` }];
  const repeated = new Set(entries).size < entries.length;
  return repeated ? [{ pointer, detail: 'must not repeat an entry' }] : [];
}

function ownerFaults(owners: readonly string[]): InputFault[] {
  if (owners.length === 0) return [{ pointer: '/owners', detail: 'name at least one owner' }];
  const malformed = owners.flatMap((owner, index) =>
    isMailbox(owner) ? [] : [{ pointer: `/owners/${index}`, detail: 'must be an e-mail address' }],
  );
  return [...countFaults('/owners', owners, mostEntries.owners), ...malformed];
}

function redirectFaults(profile: AgentProfile, rules: { loopback: boolean }): InputFault[] {
  return [
    ...countFaults('/redirectUris', profile.redirectUris, mostEntries.redirectUris),
    ...profile.redirectUris.flatMap((uri, index) =>
      urlFaults(`/redirectUris/${index}`, uri, rules.loopback),
    ),
  ];
}

/** CIMD-02 §8.6: only https leaves; plain http is for loopback hosts in development. */
function urlFaults(pointer: string, text: string, loopback: boolean): InputFault[] {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || text.length > mostCharacters.url || isStrange(text)) {
    return [{ pointer, detail: `must be a URL of at most ${mostCharacters.url} characters` }];
  }
  const local = loopback && url.protocol === 'http:' && isThisMachine(url.hostname);
  if (url.protocol !== 'https:' && !local) return [{ pointer, detail: 'must use https' }];
  if (url.username !== '' || url.password !== '' || text.includes('#')) {
    return [{ pointer, detail: 'must have no user information and no fragment' }];
  }
  return [];
}

/** RFC 8252 §7.3: a program that waits for its redirect on this machine names the address. */
function isThisMachine(host: string): boolean {
  return isLoopbackName(host) || host === '127.0.0.1' || host === '[::1]';
}

function isStrange(url: string): boolean {
  return !isPlainLine(url) || strangeInUrl.test(url);
}
