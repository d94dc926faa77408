import { compare } from './measure.mjs';
import { installPeers } from './peers.mjs';
import { startProcess, writePapers } from './processes.mjs';

const rows = {
  'verifyClient, warm': 'warm',
  'verifyClient, cold, stored octets': 'cold',
  'verifyClient, cold, HTTP on loopback': 'cold over HTTP',
  'bare jose verification': 'bare check',
  'stock Veramo, verifyCredential': 'veramo',
};
/** Rows that may be missing. */
const peerRows = {
  'Credo, verifyCredential': 'credo',
  'agentcommercekit, parse and verify': 'agentcommercekit',
};

/**
 * Verdicts a second on one agent, each contender in a process of its own: warm (one verifier, asked
 * again and again), cold (a new verifier each time) over stored octets and over HTTP on loopback;
 * bare signature checks of its passport, the key imported before; and verifications by peers of what
 * they can read, a VC-JWT of VCDM 1.1 with the claims of that passport. Peers have the issuer's DID
 * document at hand, check no status and no metadata document, and use no network.
 */
export async function measureVerifying({ registry, clientId, folder, scale, say }) {
  const file = await writePapers({ registry, clientId, folder });
  const missing = scale.peers ? await installPeers(say) : 'left out of a quick run';
  const started = [];
  const start = (contender) => {
    started.push(startProcess(file, contender));
    return started.at(-1);
  };
  const order = { measure: 'rate', forMs: scale.sampleMs };
  const contenders = {};
  const absent = {};
  try {
    for (const [name, contender] of Object.entries(rows)) {
      const { ask } = start(contender);
      contenders[name] = () => ask(order);
    }
    for (const [name, contender] of Object.entries(peerRows)) {
      const { ask } = missing === undefined ? start(contender) : { ask: undefined };
      const trouble = missing ?? (await troubleOf(ask));
      if (trouble === undefined) contenders[name] = () => ask(order);
      else absent[name] = { notAvailable: trouble };
    }
    return { ...(await compare(contenders, { ...scale, say })), ...absent };
  } finally {
    for (const { stop } of started) await stop();
  }
}

/** Why a peer cannot take part. */
function troubleOf(ask) {
  return ask({ measure: 'rate', forMs: 1 }).then(
    () => undefined,
    (error) => `does not work: ${error.message}`,
  );
}
