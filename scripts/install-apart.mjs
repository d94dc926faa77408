// What the project runs but does not depend on has a folder and a lock file of its own, and is
// installed when it is needed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';

const deadlineMs = 180_000;

/**
 * Installs what a folder's lock file names, running no install script, unless it is there already.
 *
 * @param {string} folder
 * @param {() => void} onStart called when there is something to install
 * @returns {Promise<string | undefined>} why it is still missing
 */
export async function installApart(folder, onStart) {
  if (isInstalled(folder)) return undefined;
  onStart();
  const npm = spawn('npm', ['ci', '--ignore-scripts', '--prefer-offline', '--fetch-retries=1'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    shell: process.platform === 'win32',
    timeout: deadlineMs,
  });
  let said = '';
  npm.stderr.on('data', (chunk) => {
    said += chunk;
  });
  try {
    const [code] = await once(npm, 'close');
    return code === 0 ? undefined : `could not be installed: ${reasonIn(said)}`;
  } catch (error) {
    return `could not be installed: ${error.message}`;
  }
}

function isInstalled(folder) {
  const mark = join(folder, 'node_modules/.package-lock.json');
  const lock = join(folder, 'package-lock.json');
  return existsSync(mark) && statSync(mark).mtimeMs >= statSync(lock).mtimeMs;
}

function reasonIn(said) {
  const errors = said.match(/^npm error .*$/gm) ?? [];
  return errors.slice(0, 2).join('; ').replaceAll('npm error ', '') || 'npm did not end in time';
}
