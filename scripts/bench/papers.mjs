/** The three kinds of paper that an agent is given, as they are ordered from the registry. */
export const orders = [
  {
    type: 'compliance',
    claims: {
      attestations: [
        {
          framework: 'https://www.iso.org/standard/27001',
          edition: 'ISO/IEC 27001:2022',
          outcome: 'conformant',
          assessor: 'Example Assurance',
        },
      ],
    },
  },
  {
    type: 'provenance',
    claims: {
      software: {
        name: 'log-tools',
        version: '1.0.0',
        repository: 'https://git.acme.example/log-tools',
        commit: '9f2c1d7e4b8a6c5d3e2f1a0b9c8d7e6f5a4b3c2d',
      },
    },
  },
  {
    type: 'allowed-actions',
    claims: {
      actions: [{ action: 'read', resource: 'logs/production' }],
      denied: [{ action: 'read', resource: 'logs/pii' }],
    },
  },
];

/** The subject of the n-th credential, for issuers that know claims and nothing else. */
export function subjectOf(number) {
  const agent = Math.floor(number / orders.length);
  return {
    id: `https://issuer.example/a/bot-${agent}/client.json`,
    did: `did:web:issuer.example:a:bot-${agent}`,
    name: `Bot ${agent}`,
    ...orders[number % orders.length].claims,
  };
}
