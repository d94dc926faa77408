#!/usr/bin/env node
/**
 * Soaks the verifier in faults: a server process publishes the papers of many agents over https and
 * answers a share of the requests with silence, resets, errors, bodies that drip, broken JSON, broken
 * gzip and forgeries, while agents are revoked, suspended and resumed; this process asks a default
 * verifier about them and knows, for each agent at each moment, what it must not say.
 *
 *   npm run soak                                one minute
 *   npm run soak -- --seconds 20                as the tests run it
 *   npm run soak -- --seconds 86400             a day: memory is then held to 1 MiB an hour
 *   npm run soak -- --faults 0                  nothing may be left undetermined
 *
 *   --seconds S   how long questions are asked (60; 15 to 129600). Below two minutes the clocks of
 *                 verifier and issuers go faster, so that lists age through four freshness limits.
 *   --rate N      questions a second (200), whatever becomes of them
 *   --faults F    share of the answers that are faults (0.05)
 *   --clients N   agents (320; at least 30), on 16 issuers
 *   --json        the result as JSON on standard output, the table on standard error
 *
 * A day wants a machine that stays awake and nothing beside it, such as
 *
 *   npm run build && nohup node --expose-gc scripts/soak.mjs --seconds 86400 --json > soak.json &
 *
 * and writes a line a minute meanwhile. The exit code is 0 when everything holds, 1 when something
 * does not, 2 when it was not started properly. It needs dist/ and `node --expose-gc`.
 */
import { parseArgs } from 'node:util';
import { clientsPerRound } from './soak/population.mjs';
import { tableOf } from './soak/report.mjs';
import { runSoak } from './soak/run.mjs';

const leastSeconds = 15;
/** The certificates of the hosts are valid for two days. */
const mostSeconds = 36 * 3_600;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    rate: { type: 'string', default: '200' },
    faults: { type: 'string', default: '0.05' },
    clients: { type: 'string', default: '320' },
    json: { type: 'boolean', default: false },
  },
});
const [seconds, rate, faults, clients] = ['seconds', 'rate', 'faults', 'clients'].map((name) =>
  Number(values[name]),
);
const fault = faultOf();
if (fault !== undefined) {
  console.error(fault);
  process.exit(2);
}
const say = (line) => console.error(line);
const result = await runSoak({ seconds, rate, faults, clients, say });
(values.json ? console.error : console.log)(tableOf(result));
for (const { first } of [result.falseAccepts, result.unexplained, result.errors]) {
  for (const problem of first) console.error(problem);
}
if (values.json) console.log(JSON.stringify(result, null, 2));
process.exitCode = result.holds ? 0 : 1;

function faultOf() {
  if (global.gc === undefined) return 'Start it with node --expose-gc: memory is measured.';
  if (!(seconds >= leastSeconds && seconds <= mostSeconds)) {
    return `--seconds is from ${leastSeconds} to ${mostSeconds}.`;
  }
  if (!(rate > 0)) return '--rate is more than 0.';
  if (!(faults >= 0 && faults < 1)) return '--faults is a share from 0 to 1.';
  if (!(Number.isInteger(clients) && clients >= clientsPerRound)) {
    return `--clients is at least ${clientsPerRound}, so that every kind is there.`;
  }
  return undefined;
}
