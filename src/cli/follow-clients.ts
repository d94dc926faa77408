import type { ClientIds } from '../sidecar/client-ids.ts';
import type { FollowedFile } from '../sidecar/followed-file.ts';
import { createYamlParser } from './create-yaml-parser.ts';
import { usable } from './usable.ts';

/**
 * The file with a product's own names of clients and the client_ids they stand for, read once and
 * ready to be read again. A usage failure when it cannot be used now.
 */
export async function followClients(path: string): Promise<FollowedFile<ClientIds>> {
  const [{ FollowedFile }, { parseClientIds }, parse] = await Promise.all([
    import('../sidecar/followed-file.ts'),
    import('../sidecar/client-ids.ts'),
    createYamlParser(),
  ]);
  const empty: ClientIds = new Map();
  const clients = new FollowedFile({ path, parse, read: parseClientIds, empty });
  usable(await clients.reload(), `The table of clients ${path}`);
  return clients;
}
