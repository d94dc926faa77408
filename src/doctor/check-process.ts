import type { Environment } from '../config/env.ts';
import { type CheckResult, fail, pass } from './check.ts';

const least = [20, 19] as const;

/** The runtime, and what of the environment makes it tell secrets. */
export function checkProcess(env: Environment, version: string): readonly CheckResult[] {
  return [checkNode(version), checkDebug(env)];
}

function checkNode(version: string): CheckResult {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  if (major > least[0] || (major === least[0] && minor >= least[1])) {
    return pass('node', `Node.js ${version}`);
  }
  return fail('node', `Node.js ${version} is too old.`, 'Install Node.js 20.19 or later.');
}

function checkDebug({ DEBUG: debug, NODE_OPTIONS: options }: Environment): CheckResult {
  if (debug !== undefined && debug !== '') {
    return fail(
      'debug-output',
      'DEBUG is set: libraries underneath print whole credentials then.',
      'Unset DEBUG for the service.',
    );
  }
  if (options?.includes('--inspect')) {
    return fail(
      'debug-output',
      'NODE_OPTIONS opens a debugger, through which every private key can be read.',
      'Take --inspect out of NODE_OPTIONS.',
    );
  }
  return pass('debug-output', 'no library is asked to print what it handles');
}
