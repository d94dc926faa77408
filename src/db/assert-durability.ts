import type pg from 'pg';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import { withClient } from './with-client.ts';

interface Setting {
  readonly name: string;
  readonly value: string;
}

/** What each setting must not be, and what would be lost if it were. */
const dangers = {
  fsync: 'a crash of the machine could destroy the whole database',
  full_page_writes: 'a crash of the machine could leave half-written pages',
  synchronous_commit: 'a revocation that was acknowledged could be forgotten',
} as const;

/**
 * Makes sure that what the database acknowledges stays: `fsync`, `full_page_writes` and
 * `synchronous_commit` are not off. Throws `start-refused` with every setting that is.
 */
export async function assertDurability(connectionString: string): Promise<void> {
  const settings = await withClient(connectionString, readSettings);
  const unsafe = Object.entries(dangers).filter(([name]) => !isOn(settings, name));
  if (unsafe.length === 0) return;
  const reasons = unsafe.map(([name, danger]) => `${name} is off: ${danger}`);
  throw new SealwrightError('start-refused', `The database is not safe. ${reasons.join('; ')}.`);
}

async function readSettings(client: pg.Client): Promise<readonly Setting[]> {
  const { rows } = await client.query<Setting>(
    'SELECT name, setting AS value FROM pg_settings WHERE name = ANY($1)',
    [Object.keys(dangers)],
  );
  return rows;
}

/** `synchronous_commit` has several values beside off that all reach this server's own disk. */
function isOn(settings: readonly Setting[], name: string): boolean {
  const setting = settings.find((candidate) => candidate.name === name);
  return setting !== undefined && setting.value !== 'off';
}
