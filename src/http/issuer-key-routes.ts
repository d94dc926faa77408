import { z } from 'zod';
import type { IssuerKey } from '../journeys/issuer-key.ts';
import type { CompromiseOutcome } from '../journeys/issuer-key-cases.ts';
import { type Answer, created, ok } from './answer.ts';
import { pageOf } from './answer-schemas.ts';
import { noInput } from './input.ts';
import { compromiseAnswer, issuerKeyAnswer } from './organization-answers.ts';
import { type Call, type Route, route } from './route.ts';

const keyName = z.string().min(1).max(640);
const changeInput = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('prepare') }),
  z.strictObject({ action: z.literal('rotate') }),
  z.strictObject({ action: z.literal('activate'), key: keyName }),
  z.strictObject({ action: z.literal('retire'), key: keyName }),
  z.strictObject({ action: z.literal('compromise'), key: keyName, reason: z.string() }),
]);

type Change = z.infer<typeof changeInput>;

/** The calls about the keys that sign an organization's credentials and status lists. */
export const issuerKeyRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/organization/keys',
    scope: 'keys:write',
    input: noInput,
    summary: 'List the signing keys of the organization',
    answers: { 200: pageOf(issuerKeyAnswer) },
    run: ({ ports, caller }) => ports.registry.listIssuerKeys(caller),
    view: (keys) => ok({ data: keys.map(viewIssuerKey), next: null }),
  }),
  route({
    method: 'POST',
    path: '/organization/keys',
    scope: 'keys:write',
    input: changeInput,
    summary: 'Prepare, rotate, activate, retire or give up a signing key',
    answers: { 200: z.union([issuerKeyAnswer, compromiseAnswer]), 201: issuerKeyAnswer },
    refuses: ['key-not-found', 'key-wrong-state', 'rotation-under-way'],
    run: carryOut,
    view: (answer) => answer,
  }),
];

async function carryOut({ caller, path, ports }: Call, change: Change): Promise<Answer> {
  const { registry } = ports;
  switch (change.action) {
    case 'prepare':
      return answerNew(path, await registry.prepareIssuerKey(caller));
    case 'rotate':
      return answerNew(path, await registry.rotateIssuerKey(caller));
    case 'activate':
      return ok(viewIssuerKey(await registry.activateIssuerKey({ ...caller, key: change.key })));
    case 'retire':
      return ok(viewIssuerKey(await registry.retireIssuerKey({ ...caller, key: change.key })));
    case 'compromise': {
      const { key, reason } = change;
      return answerCompromised(await registry.compromiseIssuerKey({ ...caller, key, reason }));
    }
  }
}

function answerNew(path: string, key: IssuerKey): Answer {
  return created(path, viewIssuerKey(key));
}

function answerCompromised({ revoked, suspended, ...outcome }: CompromiseOutcome): Answer {
  return ok({
    key: viewIssuerKey(outcome.key),
    replacement: viewIssuerKey(outcome.replacement),
    credentialsRevoked: revoked,
    suspendedFacetsLost: suspended,
    agentsReissued: outcome.agentsReissued,
    agentsUnderWay: outcome.agentsUnderWay,
    listsPublishedAt: textOf(outcome.listsPublishedAt),
  });
}

function viewIssuerKey({ nextStep, ...key }: IssuerKey) {
  return {
    ...{ id: key.id, kid: key.kid, algorithm: key.algorithm, state: key.state },
    since: key.since.toISOString(),
    safeToActivateAt: textOf(key.safeToActivateAt),
    safeToRetireAt: textOf(key.safeToRetireAt),
    activatesAt: textOf(key.activatesAt),
    listedUntil: textOf(key.listedUntil),
    revokedAt: textOf(key.revokedAt),
    createdAt: key.createdAt.toISOString(),
    nextStep: nextStep === null ? null : { ...nextStep, at: textOf(nextStep.at) },
  };
}

function textOf(moment: Date | null): string | null {
  return moment?.toISOString() ?? null;
}
