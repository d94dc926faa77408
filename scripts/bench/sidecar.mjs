import { fork } from 'node:child_process';
import { once } from 'node:events';
import { trusting } from './recording.mjs';

const token = 'sidecar-token-of-the-bench-0123456789';
const perSecond = 500;
const connections = 32;

/**
 * The sidecar, warm, under questions that come 500 times a second whether the ones before are
 * answered or not: time from when a question was due to its answer, and CPU of its process. A bare
 * server under the same load shows what of that is the machine. Registry, servers and load are
 * processes of their own, asked by turns.
 */
export async function measureSidecar({ registry, clientId, load, scale, say }) {
  const servers = { sidecar: startProcess(), bare: startProcess() };
  try {
    const policy = trusting(registry.url);
    const urls = {
      sidecar: await servers.sidecar.ask({ order: 'sidecar', policy, token }),
      bare: await servers.bare.ask({ order: 'bare' }),
    };
    const ask = async ({ server, path, body }, forMs) => {
      const before = await servers[server].ask({ order: 'cpu' });
      const order = { url: urls[server], token, path, body, connections, perSecond, forMs };
      const times = await load.openLoop(order);
      const after = await servers[server].ask({ order: 'cpu' });
      const usedUs = after.user + after.system - before.user - before.system;
      return { ...times, cpu: usedUs / (forMs * 10) };
    };
    return await measureByTurns(questionsAbout(clientId), { ask, scale, say });
  } finally {
    for (const { stop } of Object.values(servers)) await stop();
  }
}

function questionsAbout(clientId) {
  const hook = JSON.stringify({ clientId, scope: '' });
  const verify = JSON.stringify({ client_id: clientId });
  return {
    'POST /api/v1/verify': { server: 'sidecar', path: '/api/v1/verify', body: verify },
    'POST /hooks/keycloak': { server: 'sidecar', path: '/hooks/keycloak', body: hook },
    'bare node:http': { server: 'bare', path: '/', body: hook },
  };
}

async function measureByTurns(questions, { ask, scale, say }) {
  const { rounds, sidecar } = scale;
  const samples = Object.fromEntries(Object.keys(questions).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, question] of Object.entries(questions)) {
      const sample = await ask(question, round === 0 ? sidecar.warmUpMs : sidecar.sampleMs);
      // In the first one code is compiled, connections are opened, copies are fetched.
      if (round > 0) samples[name].push(sample);
    }
    say(round > 0 ? `round ${round} of ${rounds}` : 'warming up');
  }
  return Object.fromEntries(
    Object.entries(samples).flatMap(([name, list]) => figuresOf(name, list)),
  );
}

function figuresOf(name, samples) {
  const of = (member) => samples.map((sample) => sample[member]);
  return [
    [`${name}: p50`, { unit: 'ms', samples: of('p50') }],
    [`${name}: p99`, { unit: 'ms', samples: of('p99') }],
    [`${name}: CPU`, { unit: '% of a core', samples: of('cpu') }],
  ];
}

function startProcess() {
  const program = new URL('sidecar-process.mjs', import.meta.url);
  const child = fork(program, { execArgv: [], stdio: 'inherit' });
  const ended = once(child, 'exit');
  return {
    ask: async (order) => {
      child.send(order);
      const [answer] = await Promise.race([once(child, 'message'), ended]);
      if (answer?.done !== undefined) return answer.done;
      throw new Error(answer?.error ?? 'the server ended');
    },
    stop: async () => {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
