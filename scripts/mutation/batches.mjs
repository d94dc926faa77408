// What is mutated together, and the tests that every mutant of it has to get past. A mutant that only
// a room above would notice is a hole in its own room's tests, and one that only tens of thousands of
// inputs or hours of simulated time would notice lacks a test that says which rule it breaks.
const files = (folder, names) => names.map((name) => `${folder}/${name}`);
const sources = (...names) => files('src/protocol', names).map((path) => `${path}.ts`);
const tests = (folder, ...names) => files(`test/${folder}`, names).map((path) => `${path}.test.ts`);

/** The verdicts that show any check, whatever else a batch looks at. */
const verdicts = tests(
  'verifier',
  'accepting-report',
  'check-table',
  'report-limits',
  'decisive-findings',
  'negative-controls',
  'verify-{client,credential}',
);

export const batches = {
  claims: {
    mutate: sources('*-claims', 'facet*', 'claim-shape', 'scope', 'passport'),
    tests: tests('protocol', 'facet*', 'claim-shape', 'scope', 'passport', 'schemas'),
  },
  credentials: {
    mutate: sources('credential-*', 'issuance', 'compact-jws', 'date-time'),
    tests: [
      ...tests('protocol', 'credential-envelope', 'issuance', 'compact-jws', 'date-time', 'facet'),
      ...tests('properties', 'compact-jws', 'date-time'),
    ],
  },
  documents: {
    mutate: sources(
      'client-*',
      'document-url',
      'host-name',
      'did-*',
      'link-header',
      'json-media-type',
    ),
    tests: [
      ...tests('protocol', 'client-*', 'did-*', 'link-header', 'json-media-type'),
      ...tests('properties', 'did-web'),
    ],
  },
  details: {
    mutate: sources('authorization-details'),
    tests: ['protocol', 'properties'].flatMap((folder) => tests(folder, 'authorization-details')),
  },
  encodings: {
    mutate: sources('base64url', 'utf8', 'canonical-json', 'strict-json', 'parsed', 'digest'),
    tests: [
      ...tests('protocol', 'base64url', 'canonical-json', 'strict-json', 'parsed'),
      ...tests('properties', 'base64url', 'strict-json'),
    ],
  },
  keys: {
    mutate: sources('jwk*', 'curve-point'),
    tests: tests('protocol', 'jwk*'),
  },
  lists: {
    mutate: sources('*-status-list', 'inflate'),
    tests: [
      ...tests('protocol', '*-status-list', 'inflate'),
      ...tests('properties', 'status-lists'),
    ],
  },
  checks: {
    mutate: ['src/verifier/{checks,intake}/*.ts'],
    tests: [
      ...verdicts,
      ...tests('verifier', 'access', 'authorization-details', 'facets', 'policy-*', 'status*'),
      ...tests('verifier', 'blocked-clients', 'trust-and-binding', 'did-refresh', 'token-times'),
      ...tests('verifier', 'client-*', 'embedded-credentials', 'strict-documents', 'approvals'),
    ],
  },
  verifier: {
    mutate: ['src/verifier/*.ts'],
    tests: [
      ...verdicts,
      ...tests('verifier', 'access', 'facets', 'policy-*', 'trust-*', 'blocked-clients'),
      ...tests('verifier', 'create-verifier', 'replace-policy', 'cache*', 'shared-cache'),
      ...tests('verifier', 'spoilt-copy', 'status-freshness', 'hostile', 'over-https'),
      ...tests('verifier', 'fetch-contract', 'check-pages', 'resolve/octets', 'strict-documents'),
      ...tests('verifier', 'approval*', 'consent'),
    ],
  },
  resolve: {
    mutate: ['src/verifier/resolve/*.ts', '!src/verifier/resolve/refresh-ahead.ts'],
    tests: [
      ...verdicts,
      ...tests('verifier', 'resolve/*', 'status*', 'did-re*', 'cache', 'freshness', 'shared-*'),
      ...tests('verifier', 'spoilt-copy', 'facets', 'lent-*', 'signed-tokens', 'hostile'),
      ...tests('verifier', 'fetch-contract', 'outbound-fetch', 'create-verifier', 'body-and-json'),
      ...tests('verifier', 'strict-documents'),
    ],
  },
  'refresh-ahead': {
    mutate: ['src/verifier/resolve/refresh-ahead.ts'],
    tests: tests('verifier', 'refresh-ahead', 'resolve/refresh-ahead', 'freshness'),
  },
  addresses: {
    mutate: files('src/verifier/node', [
      '*-address*.ts',
      'fetchable-url.ts',
      'resolve-host.ts',
      'policy-file.ts',
      'approvals-file.ts',
      'write-atomically.ts',
      'inflate.ts',
      'sha256.ts',
    ]),
    tests: [
      ...tests('verifier/node', '*-address*', 'fetchable-url', 'policy-file', 'guarded-fetch'),
      ...tests('verifier', 'lent-*', 'outbound-fetch', 'approval-stores'),
      ...tests('protocol', 'inflate'),
    ],
  },
  queues: {
    mutate: files('src/verifier/node', ['gate.ts', 'line.ts', 'earliest-first.ts']),
    tests: tests('verifier/node', 'gate', 'earliest-first'),
  },
  fetch: {
    mutate: files('src/verifier/node', ['dial.ts', 'guard*.ts', 'read-body.ts']),
    tests: [
      ...tests('verifier/node', 'guarded-fetch{,-answers,-body,-certificates}'),
      ...tests('verifier', 'over-https', 'fetch-contract'),
    ],
  },
  adapters: {
    mutate: ['src/verifier/adapters/*.ts'],
    // That of holder proofs needs a whole service, and its CA in the environment.
    tests: tests('verifier', 'adapters/!(holder-proof)'),
  },
};
