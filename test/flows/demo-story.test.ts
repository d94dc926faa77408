import { describe, expect, it } from 'vitest';
import { type StageOptions, setStage } from '../../src/demo/stage.ts';
import { type Step, stepCount, tellStory } from '../../src/demo/story.ts';
import { createService } from '../../src/service.ts';
import { testCertificates } from '../support/agent-world.ts';
import { createVerifierWithout } from '../support/weakened-verifier.ts';

const storyTimeoutMs = 180_000;

/** Tells the story up to a step, with lists that are read again after 15 seconds. */
async function tell(
  options: Partial<StageOptions>,
  lastStep: number = stepCount,
): Promise<readonly Step[]> {
  const certificates = testCertificates();
  const stage = await setStage({
    createService,
    certificates,
    status: { maxAgeS: 30 },
    ...options,
  });
  const steps: Step[] = [];
  try {
    for await (const step of tellStory(stage)) {
      steps.push(step);
      if (step.step === lastStep) break;
    }
  } finally {
    await stage[Symbol.asyncDispose]();
  }
  return steps;
}

/** What is not as expected: step, what was looked at, what was decided. */
function surprises(steps: readonly Step[]): readonly (readonly [number, string, string])[] {
  return steps.flatMap(({ step, findings }) =>
    findings
      .filter((finding) => !finding.asExpected)
      .map(({ what, decision }) => [step, what, decision] as const),
  );
}

describe('the story', { timeout: storyTimeoutMs }, () => {
  it('goes as expected in all eight steps', async () => {
    const steps = await tell({});
    expect(surprises(steps)).toEqual([]);
    expect(steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('fails without the hook in the authorization server', async () => {
    const steps = await tell({ checksPapers: false }, 6);
    expect(surprises(steps)).toEqual([
      [4, 'the authorization server', 'granted read:logs/production read:logs/pii'],
      [4, 'read_pii', 'answered 403'],
      [5, 'the authorization server', 'granted read:logs/production read:logs/pii'],
      [5, 'requests to the untrusted issuer', '2'],
      [6, 'suspended: the authorization server', 'granted read:logs/production read:logs/pii'],
      [6, 'resumed: the authorization server', 'granted read:logs/production read:logs/pii'],
    ]);
    // With the scope in the token, it is the MCP server's own look at the papers that refuses.
    expect(steps[3]?.findings.at(-1)).toMatchObject({ reason: 'agent-action-withheld' });
  });

  it('fails without the status checks', async () => {
    const steps = await tell({ createVerifier: createVerifierWithout('status.') }, 6);
    expect(surprises(steps)).toEqual([
      [6, 'suspended: the authorization server', 'granted read:logs/production'],
      [6, 'suspended: the MCP server, with the token still held', 'answered 200'],
    ]);
  });

  it('fails without the digest check', async () => {
    const steps = await tell({ createVerifier: createVerifierWithout('document.digest') });
    expect(surprises(steps)).toEqual([
      [
        8,
        'its redirect_uris swapped by the CDN: the authorization server',
        'granted read:logs/production',
      ],
    ]);
  });
});
