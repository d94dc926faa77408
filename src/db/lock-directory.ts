import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import { claimsFolder } from './prepare-directory.ts';

/** macOS allows 103 bytes for the path of a socket, Linux 107; a claim's name takes up to 20. */
const maxFolderBytes = 80;

/** The data directory is ours until released, or until this process ends in whatever way. */
export interface DirectoryLock {
  release(): Promise<void>;
}

/**
 * Claims a data directory for this process alone. A claim is a listening socket in the directory:
 * the system closes it when its process dies, even when it is killed, so a dead claim refuses
 * connections and is never mistaken for a live one. Each process places its own claim before it
 * looks at the others, so of two that start together at most one goes on. Throws `start-refused`
 * when another live process holds a claim.
 */
export async function lockDirectory(dataDir: string): Promise<DirectoryLock> {
  const claims = join(resolve(dataDir), claimsFolder);
  mkdirSync(claims, { recursive: true, mode: 0o700 });
  const own = `${process.pid}-${randomBytes(4).toString('hex')}`;
  const alias = aliasOf(claims);
  try {
    const server = await listen(join(alias, own));
    const release = async (): Promise<void> => {
      await close(server);
      rmSync(join(claims, own), { force: true });
    };
    await refuseOthers({ claims, alias, own }).catch(async (error: unknown) => {
      await release();
      throw error;
    });
    return { release };
  } finally {
    if (alias !== claims) rmSync(dirname(alias), { recursive: true });
  }
}

async function refuseOthers(place: {
  readonly claims: string;
  readonly alias: string;
  readonly own: string;
}): Promise<void> {
  for (const other of readdirSync(place.claims)) {
    if (other === place.own) continue;
    if (await isLive(join(place.alias, other))) {
      const pid = other.split('-')[0];
      throw new SealwrightError(
        'start-refused',
        `Another service (process ${pid}) uses the data directory ${resolve(place.claims, '..')}. Stop it first, or set SEALWRIGHT_DATA_DIR.`,
      );
    }
    rmSync(join(place.claims, other), { force: true });
  }
}

/** The folder under a name that is short enough for the path of a socket. */
function aliasOf(folder: string): string {
  if (Buffer.byteLength(folder) <= maxFolderBytes) return folder;
  const alias = join(mkdtempSync('/tmp/sealwright-'), 'claims');
  symlinkSync(folder, alias);
  return alias;
}

function listen(path: string): Promise<Server> {
  return new Promise((resolveServer, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(path, () => resolveServer(server.unref()));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolveClosed) => {
    server.close(() => resolveClosed());
  });
}

/** Only a refused connection proves that nobody listens; whatever else goes wrong counts as live. */
function isLive(path: string): Promise<boolean> {
  return new Promise((resolveLive) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolveLive(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      resolveLive(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT');
    });
  });
}
