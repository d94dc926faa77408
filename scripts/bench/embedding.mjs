import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { guardedFetch } from '../../dist/verifier/node/index.js';
import { compare } from './measure.mjs';
import { recordDocuments, trusting } from './recording.mjs';

const program = new URL('embedding-process.mjs', import.meta.url);

/**
 * What the verifier costs the process that embeds it, over stored octets: the CPU of a cold verdict
 * (a new verifier each time), that of the signature checks it cannot do without, one in the passport
 * and one in each status list, with the key imported for each; and the memory of a process that gave
 * warm and cold verdicts. Each has processes of its own, which load the built verifier and nothing
 * else of the project; those for the CPU take turns.
 */
export async function measureEmbedding({ registry, clientId, folder, scale, say }) {
  const policy = trusting(registry.url);
  const network = guardedFetch({ allowLoopback: true });
  const { outcomes } = await recordDocuments({ clientId, policy, network });
  const file = join(folder, 'documents.json');
  const documents = [...outcomes].map(([url, { response }]) => ({
    url,
    status: response.status,
    headers: [...response.headers],
    body: Buffer.from(response.body).toString('base64'),
  }));
  writeFileSync(file, JSON.stringify({ clientId, policy, documents }));
  const memory = await measureMemory(file, { scale, say });
  return { ...(await measureCpu(file, { scale, say })), ...memory };
}

async function measureCpu(file, { scale, say }) {
  const programs = { cold: startProgram(file), bare: startProgram(file) };
  const { verdicts, ...options } = scale.cpu;
  say('CPU, in two processes by turns');
  try {
    const { cold, bare } = await compare(
      {
        cold: () => programs.cold.ask({ measure: 'cold', verdicts }),
        bare: () => programs.bare.ask({ measure: 'bare', verdicts }),
      },
      { ...options, say: () => undefined },
    );
    return {
      'CPU of a cold verdict': { unit: 'µs', ...cold },
      'CPU of its three signature checks, bare jose': { unit: 'µs', ...bare },
    };
  } finally {
    for (const { stop } of Object.values(programs)) await stop();
  }
}

async function measureMemory(file, { scale, say }) {
  const samples = [];
  for (let round = 1; round <= scale.processes; round += 1) {
    const { ask, stop } = startProgram(file);
    try {
      samples.push(await ask({ measure: 'memory', ...scale.verdicts }));
    } finally {
      await stop();
    }
    say(`memory, process ${round} of ${scale.processes}`);
  }
  return {
    'memory after warm and cold verdicts': {
      unit: 'MB',
      samples: samples.map(({ after }) => after),
    },
    'memory at its peak': { unit: 'MB', samples: samples.map(({ peak }) => peak) },
  };
}

function startProgram(file) {
  const child = fork(program, [file], { execArgv: [], stdio: 'inherit' });
  const ended = once(child, 'exit');
  return {
    ask: async (order) => {
      child.send(order);
      const [answer] = await Promise.race([once(child, 'message'), ended]);
      if (answer?.measured !== undefined) return answer.measured;
      throw new Error(answer?.error ?? 'A process that embeds the verifier ended.');
    },
    stop: async () => {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
