import { type InputFault, SealwrightError } from '../kernel/sealwright-error.ts';
import { parseBaseUrl } from '../protocol/base-url.ts';
import { isLoopbackName } from '../protocol/host-name.ts';
import { issuerDomainOf, type Organization, originOf } from './organization.ts';

/** First words of paths that we serve: below `/o/` they would only mislead. */
const reservedPaths: ReadonlySet<string> = new Set([
  ...['a', 'o', 'api', 'audit', 'contexts', 'healthz', 'metrics', 'problems', 'readyz'],
  ...['schemas', 'ssf', 'status', 'token-status', 'well-known'],
]);
const longestPath = 40;

/** Where an organization is to be: exactly one of the two. */
export interface OrganizationPlace {
  /** Below the installation's own origin: `{origin}/o/{path}`. */
  readonly path?: string | undefined;
  /** An origin of its own. */
  readonly baseUrl?: string | undefined;
}

/**
 * The base URL of a new organization beside the first one. Throws `invalid-input`, and
 * `base-url-taken` for the host of the installation itself.
 */
export function placeOrganization(
  first: Pick<Organization, 'baseUrl'>,
  { path, baseUrl }: OrganizationPlace,
): string {
  if (path !== undefined && baseUrl === undefined) return belowOrigin(first, path);
  if (path === undefined && baseUrl !== undefined) return atOwnHost(first, baseUrl);
  throw refused({ pointer: '', detail: 'must have exactly one of path and baseUrl' });
}

function belowOrigin(first: Pick<Organization, 'baseUrl'>, path: string): string {
  const baseUrl = `${originOf(first)}/o/${path}`;
  const fits = path.length <= longestPath && !path.includes('/') && parseBaseUrl(baseUrl).ok;
  if (!fits) {
    const detail = `must be lower-case letters and digits, joined by single "-", at most ${longestPath}`;
    throw refused({ pointer: '/path', detail });
  }
  if (!reservedPaths.has(path)) return baseUrl;
  throw refused({
    pointer: '/path',
    detail: 'is a word that has a meaning of its own in addresses',
  });
}

function atOwnHost(first: Pick<Organization, 'baseUrl'>, baseUrl: string): string {
  const parsed = parseBaseUrl(baseUrl);
  if (!parsed.ok) {
    throw refused(...parsed.faults.map(({ detail }) => ({ pointer: '/baseUrl', detail })));
  }
  if (originOf({ baseUrl }) !== baseUrl) {
    throw refused({ pointer: '/baseUrl', detail: 'must be an origin, without a path' });
  }
  const detail = schemeFault(new URL(originOf(first)), new URL(baseUrl));
  if (detail !== null) throw refused({ pointer: '/baseUrl', detail });
  if (issuerDomainOf({ baseUrl }) !== issuerDomainOf(first)) return baseUrl;
  throw new SealwrightError(
    'base-url-taken',
    'That is the host of the installation itself: give a path instead.',
  );
}

/** One listener serves all hosts, and a name of loopback leads nowhere but to this machine. */
function schemeFault(home: URL, own: URL): string | null {
  if (own.protocol !== home.protocol) return `must be ${home.protocol}, as the installation is`;
  const strays = isLoopbackName(own.hostname) && !isLoopbackName(home.hostname);
  return strays ? 'is a name of loopback, where nobody else finds it' : null;
}

function refused(...faults: readonly InputFault[]): SealwrightError {
  return new SealwrightError('invalid-input', 'There can be no organization at that place.', {
    faults,
  });
}
