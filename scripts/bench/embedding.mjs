import { compare } from './measure.mjs';
import { startProcess, writePapers } from './processes.mjs';

/**
 * What the verifier costs the process that embeds it, over stored octets: the CPU of a cold verdict
 * (a new verifier each time), that of the signature checks it cannot do without, one in the passport
 * and one in each status list, with the key imported for each; and the memory of a process that gave
 * warm and cold verdicts.
 */
export async function measureEmbedding({ registry, clientId, folder, scale, say }) {
  const file = await writePapers({ registry, clientId, folder });
  const { cold, bare } = await measureCpu(file, { scale, say });
  const memory = await measureMemory(file, { scale, say });
  return {
    'CPU of a cold verdict': { unit: 'µs', ...cold },
    'CPU of its three signature checks, bare jose': { unit: 'µs', ...bare },
    'memory after warm and cold verdicts': {
      unit: 'MB',
      samples: memory.map(({ after }) => after),
    },
    'memory at its peak': { unit: 'MB', samples: memory.map(({ peak }) => peak) },
  };
}

async function measureCpu(file, { scale, say }) {
  const [cold, bare] = ['cold', 'bare checks'].map((contender) => startProcess(file, contender));
  const { times, ...options } = scale.cpu;
  const order = { measure: 'cpu', times };
  say('CPU, in two processes by turns');
  try {
    return await compare(
      { cold: () => cold.ask(order), bare: () => bare.ask(order) },
      { ...options, say: () => undefined },
    );
  } finally {
    await cold.stop();
    await bare.stop();
  }
}

async function measureMemory(file, { scale, say }) {
  const samples = [];
  for (let round = 1; round <= scale.processes; round += 1) {
    const { ask, stop } = startProcess(file, 'warm');
    try {
      samples.push(await ask({ measure: 'memory', ...scale.verdicts }));
    } finally {
      await stop();
    }
    say(`memory, process ${round} of ${scale.processes}`);
  }
  return samples;
}
