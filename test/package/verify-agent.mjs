// Runs where the verifier's package is installed, and holds nothing else of the project. Gives a
// verdict for every line of stdin, which names the URLs that changed since the last.
import { readFileSync } from 'node:fs';
import { argv, stdin } from 'node:process';
import { createInterface } from 'node:readline';
import { createVerifier } from '@sealwright/verifier';
import { guardedFetch } from '@sealwright/verifier/node';

const { clientId, scope, policy, caFile } = JSON.parse(argv[2]);
const fetch = guardedFetch({ allowLoopback: true, ca: readFileSync(caFile, 'utf8') });
const verifier = createVerifier({ fetch, policy });

for await (const line of createInterface({ input: stdin })) {
  for (const url of JSON.parse(line)) verifier.invalidate(url);
  const { outcome, reason, granted, withheld } = await verifier.verifyClient(clientId, { scope });
  console.log(JSON.stringify({ outcome, reason, granted, withheld }));
}
