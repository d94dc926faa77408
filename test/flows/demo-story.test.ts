import { expect, it } from 'vitest';
import { type Stage, setStage } from '../../src/demo/stage.ts';
import { type Step, tellStory } from '../../src/demo/story.ts';
import { createService } from '../../src/service.ts';
import { testCertificates } from '../support/agent-world.ts';

const storyTimeoutMs = 180_000;

async function tellAll(stage: Stage): Promise<readonly Step[]> {
  const steps: Step[] = [];
  try {
    for await (const step of tellStory(stage)) steps.push(step);
  } finally {
    await stage[Symbol.asyncDispose]();
  }
  return steps;
}

/** What is not as expected, by step. */
function surprises(steps: readonly Step[]): readonly (readonly [number, string, string])[] {
  return steps.flatMap(({ step, findings }) =>
    findings
      .filter((finding) => !finding.asExpected)
      .map(({ what, decision }) => [step, what, decision] as const),
  );
}

it('the story goes as expected in all eight steps', { timeout: storyTimeoutMs }, async () => {
  const stage = await setStage({ createService, certificates: testCertificates() });
  const steps = await tellAll(stage);
  console.log(JSON.stringify(steps, null, 1));
  expect(surprises(steps)).toEqual([]);
  expect(steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});
