import { stat } from 'node:fs/promises';
import type { ApprovalStore } from '../verifier/approvals.ts';
import type { Invocation, Parameter } from './command.ts';
import { usageFailure } from './failure.ts';
import { nameOf } from './read-file.ts';

/** For commands that judge by approvals and record nothing. */
export const approvalsParameter: Parameter = {
  form: '--approvals <file>',
  help: 'decisions about single clients; only read here',
};

/**
 * The approvals in the file that was named; undefined when none was. Who is new to it waits in the
 * sidecar, which alone writes: nothing is recorded here. A usage failure for a file that is not
 * there, or is broken.
 */
export async function readApprovals(call: Invocation): Promise<ApprovalStore | undefined> {
  const path = call.text('approvals');
  if (path === undefined) return undefined;
  await stat(path).catch(() => {
    throw usageFailure(`${nameOf(path)} is not there.`);
  });
  const { openApprovalsFile } = await import('../verifier/node/index.ts');
  const file = await openApprovalsFile(path).catch((error: Error) => {
    throw usageFailure(error.message);
  });
  const present = async (name: string) => (await file.find([name])).at(0);
  return { find: file.find, all: file.all, update: present };
}
