import { findMasterKey } from '../config/master-key.ts';
import type { Settings } from '../config/settings.ts';
import { examineDatabase } from '../db/examine-database.ts';
import { findRunningPostgres } from '../db/find-running-postgres.ts';
import { readUpkeep, type Upkeep } from '../db/read-upkeep.ts';
import { KeySeal } from '../keys/key-seal.ts';
import { type CheckResult, fail, pass, skipped, warn } from './check.ts';

/** A list is signed anew every five minutes, by a round that runs every 15 seconds. */
const lateAfterS = 330;
const expiredAfterS = 900;

/** The database, that the master key opens what it holds, and that its status lists are fresh. */
export async function checkDatabase(settings: Settings): Promise<readonly CheckResult[]> {
  const given = settings.databaseUrl?.reveal();
  const embedded = given === undefined ? findRunningPostgres(settings.dataDir) : null;
  const connectionString = given ?? embedded?.connectionString;
  if (connectionString === undefined) {
    return [skipped('database', 'the embedded database runs only while the service does')];
  }
  const needs = { role: settings.role, maxConnections: settings.databasePool };
  const faults = (await examineDatabase(connectionString, needs)).map(({ code, detail, ...rest }) =>
    (rest.stops ? fail : warn)('database', `${detail} (${code})`, rest.fix),
  );
  if (faults.some(({ outcome }) => outcome === 'fail')) return faults;
  const found = faults.length > 0 ? faults : [pass('database', 'fit for the service, and durable')];
  if (settings.role === 'public') return found;
  const upkeep = await readUpkeep(connectionString).catch(() => null);
  if (upkeep === null) return [...found, skipped('keys', 'the tables are made by the first start')];
  const dataDir = embedded?.dataDir ?? settings.dataDir;
  return [
    ...found,
    await checkKeys(upkeep, { given: settings.masterKey, dataDir }),
    ...checkLists(upkeep),
  ];
}

async function checkKeys(
  { sealedKeys }: Upkeep,
  place: Pick<Parameters<typeof findMasterKey>[0], 'given' | 'dataDir'>,
): Promise<CheckResult> {
  try {
    const masterKey = await findMasterKey({ ...place, databaseExists: true });
    const seal = new KeySeal(masterKey.reveal());
    const closed = sealedKeys.filter((key) => !opens(seal, key));
    if (closed.length === 0) {
      return pass('keys', `the master key opens all ${sealedKeys.length} private keys`);
    }
    return fail(
      'keys',
      `The master key does not open ${closed.length} of ${sealedKeys.length} private keys, first ${closed[0]?.keyId}.`,
      'Give the master key that was in use when they were made.',
    );
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return fail('keys', detail, 'Put the master key back where the service looks for it.');
  }
}

function opens(seal: KeySeal, { sealed, ...context }: Upkeep['sealedKeys'][number]): boolean {
  try {
    seal.open(sealed, context).fill(0);
    return true;
  } catch {
    return false;
  }
}

function checkLists({ lists }: Upkeep): readonly CheckResult[] {
  const late = lists.filter(({ ageS }) => ageS === null || ageS > lateAfterS);
  if (late.length === 0) {
    return [pass('status-lists', `all ${lists.length} were signed in the last minutes`)];
  }
  return late.map(({ url, ageS }) => {
    const said = ageS === null ? 'was never published' : `was signed ${Math.round(ageS)} s ago`;
    const expired = ageS === null || ageS > expiredAfterS;
    return (expired ? fail : warn)(
      'status-lists',
      `${url} ${said}${expired ? ': credentials in it are undetermined' : ''}.`,
      'Start a process of the role all or admin, and read its log for rounds that fail.',
    );
  });
}
