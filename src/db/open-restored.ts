import type { Clock } from '../kernel/clock.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import { createClient } from './client.ts';
import type { Stores } from './stores.ts';
import { PostgresUnitOfWork } from './unit-of-work.ts';
import { type AuditHead, readAuditHead } from './unused-database.ts';
import { withClient } from './with-client.ts';

/** One transaction at a time, and one connection to spare. */
const maxConnections = 2;

/** Works on a database that no service may use yet. Nobody hears of what is published. */
export async function withUnitOfWork<Result>(
  connectionString: string,
  clock: Clock,
  work: (unitOfWork: UnitOfWork<Stores>) => Promise<Result>,
): Promise<Result> {
  const client = createClient(connectionString, { maxConnections });
  try {
    const onPublished = () => undefined;
    return await work(new PostgresUnitOfWork({ client, clock, onPublished }));
  } finally {
    await client.$disconnect();
  }
}

/** Where the audit chain of a database stands. */
export function findAuditHead(connectionString: string): Promise<AuditHead> {
  return withClient(connectionString, readAuditHead);
}
