import type { JsonObject } from '../protocol/strict-json.ts';
import { textIn } from './api-client.ts';
import type { Command, Invocation } from './command.ts';
import { usageFailure } from './failure.ts';
import { members } from './members.ts';
import { printable } from './paint.ts';
import { serverOption } from './server-option.ts';

/** The rule is checked by the service, which names every fault. */
export const workloadRuleCreate: Command = {
  words: 'workload-rule create',
  summary: 'let workloads of an issuer exchange their tokens for tokens of ours',
  example:
    'workload-rule create --name "payments CI" --issuer https://token.actions.githubusercontent.com --claim repository=acme/billing-bot --claim ref=refs/heads/main --scope agents:write --team payments',
  options: [
    { form: '--name <text>', help: 'what it is for', required: true },
    { form: '--issuer <issuer>', help: 'the exact iss, or the trust domain', required: true },
    { form: '--kind <kind>', help: 'of the issuer (default oidc)', choices: ['oidc', 'spiffe'] },
    {
      form: '--claim <name=value>',
      help: 'what the token must say; a name given twice, one of its values',
      required: true,
      repeated: true,
    },
    { form: '--scope <scope>', help: 'what the token may do', required: true, repeated: true },
    { form: '--team <team>', help: 'it reaches the agents of this team alone' },
    { form: '--agent <handle>', help: 'it reaches this agent alone' },
    { form: '--audience <url>', help: 'the only aud that is taken (default: the base URL)' },
    { form: '--token-lifetime <duration>', help: 'PT1M to PT1H (default PT15M)' },
    { form: '--jwks-uri <url>', help: 'key set, or SPIFFE bundle (default: by discovery)' },
    serverOption,
  ],
  run: async (call) => {
    const body = orderOf(call);
    const rule = await call.api().call({ method: 'POST', path: '/workload-rules', body });
    const name = printable(textIn(rule, 'name'));
    return call.print(rule, (paint) => `${paint('green', '✔')} ${textIn(rule, 'id')}: ${name}\n`);
  },
};

function orderOf(call: Invocation): JsonObject {
  const grants = members({
    scopes: call.list('scope'),
    team: call.text('team'),
    agent: call.text('agent'),
  });
  return members({
    name: call.text('name'),
    kind: call.text('kind'),
    issuer: call.text('issuer'),
    audience: call.text('audience'),
    claims: claimsOf(call.list('claim') ?? []),
    grants,
    tokenLifetime: call.text('tokenLifetime'),
    jwksUri: call.text('jwksUri'),
  });
}

function claimsOf(demands: readonly string[]): JsonObject {
  const claims = new Map<string, string[]>();
  for (const demand of demands) {
    const at = demand.indexOf('=');
    if (at < 1) throw usageFailure('A --claim is a name, "=" and a value.');
    const name = demand.slice(0, at);
    claims.set(name, [...(claims.get(name) ?? []), demand.slice(at + 1)]);
  }
  return Object.fromEntries(claims);
}
