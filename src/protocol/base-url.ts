import { parseClientId } from './client-id.ts';
import { accepted, type Parsed, refused } from './parsed.ts';

const organizationPath = /^\/o\/[a-z0-9](?:-?[a-z0-9])*$/;

/**
 * The base URL of an organization: an origin, or an origin plus `/o/{org}`. It is judged by the
 * rules for client_ids, because every client_id starts with it.
 */
export function parseBaseUrl(text: string): Parsed<string> {
  const clientId = parseClientId(`${text}/a/ab/client.json`, { allowLoopback: true });
  if (!clientId.ok) {
    const details = clientId.faults.map(({ detail }) => detail).join('; ');
    return refusedBaseUrl(
      `must be an https URL (http for localhost only) without "/" at its end: ${details}`,
    );
  }
  const path = text.slice(new URL(text).origin.length);
  const fits = path === '' || organizationPath.test(path);
  return fits ? accepted(text) : refusedBaseUrl('must be an origin, or an origin and "/o/{org}"');
}

function refusedBaseUrl(detail: string): Parsed<string> {
  return refused('', 'base-url', detail);
}
