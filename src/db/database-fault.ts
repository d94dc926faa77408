/** What can be wrong with a database, and what mends it. A closed set; the codes are stable. */
const fixes = {
  'database-url': 'Mend DATABASE_URL; docs/database.md lists what it may say.',
  'database-host-unknown': 'Mend the host in DATABASE_URL, or the name service of this machine.',
  'database-refused': 'Start the server, or mend host and port in DATABASE_URL.',
  'database-unreachable': 'Let this machine through to the server: routes, firewalls, its address.',
  'database-connection-lost':
    'Look into the log of the server, and make sure that it is PostgreSQL that answers there.',
  'database-tls-unsupported':
    'Turn TLS on in the server (ssl = on), or say sslmode=disable for plain text.',
  'database-tls-untrusted':
    'Name the authority of the server with sslrootcert=<PEM file> in DATABASE_URL.',
  'database-tls-name':
    'Use a host name that is in the certificate, or sslmode=verify-ca with sslrootcert.',
  'database-tls-expired': 'Renew the certificate of the server, or set the clocks.',
  'database-tls-failed': 'Compare the TLS versions and certificates of the server with ours.',
  'database-access':
    'Let the role in with a line of pg_hba.conf, or add sslmode=verify-full where it asks for TLS.',
  'database-certificate': 'Name our certificate and key with sslcert and sslkey in DATABASE_URL.',
  'database-password': 'Mend user and password in DATABASE_URL; special characters are %-encoded.',
  'database-absent': 'CREATE DATABASE … OWNER …, as docs/database.md shows.',
  'database-busy': 'Raise max_connections of the server, or lower SEALWRIGHT_DATABASE_POOL.',
  'database-starting': 'Wait until the server is up.',
  'database-not-permitted': 'GRANT what is missing, as docs/database.md shows.',
  'database-version': 'Use PostgreSQL 14 or later.',
  'database-encoding': "CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0.",
  'database-read-only':
    'Name the primary server. Only SEALWRIGHT_ROLE=public reads from a replica.',
  'database-not-durable': 'Turn it on, for the server and for the role and database.',
  'database-connections':
    'Raise max_connections (or the limit of the role or database), or lower SEALWRIGHT_DATABASE_POOL.',
  'database-pooler': 'Connect to the server itself, or have the pooler pool by session.',
  'database-time-zone': 'Take timezone out of what the pooler or the role force upon sessions.',
  'database-clock': 'Synchronize the clocks of both machines (NTP).',
  'database-collation': 'REINDEX DATABASE …, then ALTER DATABASE … REFRESH COLLATION VERSION.',
  'database-schema': 'Run the release that this database belongs to.',
  'database-schema-older': 'Start a service with the role all or admin first: it migrates.',
  'database-unknown': 'Look into the log of the server.',
} as const;

/** One of the codes. */
export type DatabaseFaultCode = keyof typeof fixes;

/** One thing that is wrong with a database, in words that hold no secret. */
export interface DatabaseFault {
  readonly code: DatabaseFaultCode;
  /** One sentence. */
  readonly detail: string;
  readonly fix: string;
  /** Whether the service refuses to start for it; otherwise it starts, and says so. */
  readonly stops: boolean;
}

/** A fault that keeps the service from starting. */
export function faultOf(code: DatabaseFaultCode, detail: string): DatabaseFault {
  return { code, detail, fix: fixes[code], stops: true };
}

/** Something to mend that the service can run with. */
export function warningOf(code: DatabaseFaultCode, detail: string): DatabaseFault {
  return { code, detail, fix: fixes[code], stops: false };
}
