// Processes that embed a verifier, ours or a peer's, each with nothing beside it: what another one
// keeps in memory, or has taught the compiler, must not weigh on it.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { guardedFetch } from '../../dist/verifier/node/index.js';
import { readJson, recordDocuments, trusting } from './recording.mjs';
import { issueVcJwt } from './vc-jwt.mjs';

const embedding = new URL('embedding-process.mjs', import.meta.url);

/**
 * Writes down what those processes verify: everything that the verifier reads for one agent, and for
 * peers a credential with the claims of its passport.
 *
 * @returns {Promise<string>} the file
 */
export async function writePapers({ registry, clientId, folder }) {
  const policy = trusting(registry.url);
  const network = guardedFetch({ allowLoopback: true });
  const { outcomes } = await recordDocuments({ clientId, policy, network });
  const documents = [...outcomes].map(([url, { response }]) => ({
    url,
    status: response.status,
    headers: [...response.headers],
    body: Buffer.from(response.body).toString('base64'),
  }));
  const { 'vc+jwt': passport } = await readJson(clientId);
  const [, payload] = passport.split('.');
  const { credentialSubject } = JSON.parse(Buffer.from(payload, 'base64url'));
  const file = join(folder, 'papers.json');
  const foreign = await issueVcJwt(credentialSubject);
  writeFileSync(file, JSON.stringify({ clientId, policy, documents, foreign }));
  return file;
}

/**
 * Starts one process, which ends with `stop`, or with this one.
 *
 * @param {string} file of papers
 * @param {string} contender what it is to run, one of those in its program
 * @param {URL} program the one that embeds a verifier and nothing else, unless given
 */
export function startProcess(file, contender, program = embedding) {
  const child = fork(program, [file, contender], { execArgv: [], stdio: 'inherit' });
  const ended = once(child, 'exit');
  return {
    /** Rejects with the words of the process when it cannot carry out the order. */
    ask: async (order) => {
      child.send(order);
      const [answer] = await Promise.race([once(child, 'message'), ended]);
      if (answer?.measured !== undefined) return answer.measured;
      throw new Error(answer?.error ?? 'the process ended');
    },
    stop: async () => {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
