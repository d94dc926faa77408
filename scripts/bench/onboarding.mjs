import { compare } from './measure.mjs';
import { orders } from './papers.mjs';

let counted = 0;

/**
 * Agents onboarded a second, each with the same credentials, durable and published: with one call
 * after the other, as a script does it, and with one call that brings them all.
 */
export async function measureOnboarding({ registry, scale, say }) {
  const { single, many } = scale.onboarding;
  return compare(
    {
      'one by one, a call each': () =>
        rateOf(single, async (agents) => {
          for (const agent of agents) await onboard(registry, agent);
        }),
      'apply, all in one call': () =>
        rateOf(many, async (agents) => {
          const { summary } = await post(registry, '/apply', {
            agents: agents.map((agent) => ({ ...agent, credentials })),
          });
          if (summary.create !== many) throw new Error(JSON.stringify(summary));
        }),
    },
    { warmUps: 1, rounds: scale.onboarding.rounds, say },
  );
}

const credentials = orders.map((order) => ({ ...order, reason: 'bench' }));

async function rateOf(count, work) {
  const agents = Array.from({ length: count }, nextAgent);
  const began = performance.now();
  await work(agents);
  return (count * 1000) / (performance.now() - began);
}

function nextAgent() {
  counted += 1;
  return {
    handle: `onboarded-${counted}`,
    kind: 'agent',
    name: `Onboarded ${counted}`,
    owners: ['owner@acme.example'],
    keyCustody: 'registry',
  };
}

async function onboard(registry, agent) {
  await post(registry, '/agents', agent);
  for (const credential of credentials) {
    await post(registry, `/agents/${agent.handle}/credentials`, credential);
  }
}

async function post({ listensAt, token }, path, body) {
  const response = await fetch(`${listensAt}/api/v1${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(JSON.stringify(answer));
  return answer;
}
