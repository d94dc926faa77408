/** The migrated, empty database that test databases are copied from. */
export const templateName = 'sealwright_template';

/** The connection string of another database on the same server. */
export function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
