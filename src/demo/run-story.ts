import { once } from 'node:events';
import type { CertificateFiles } from './certificates.ts';
import { placesOf, printPlaces, printStep } from './print-story.ts';
import type { CreateService } from './registry.ts';
import { setStage } from './stage.ts';
import { type Step, stepCount, tellStory } from './story.ts';

/** How the story is to be told. */
export interface StoryOptions {
  readonly createService: CreateService;
  /** Of a CA that this process was started to trust. */
  readonly certificates: CertificateFiles;
  /** The whole story as one JSON document, at its end. */
  readonly json: boolean;
  /** Go on running after the story until SIGINT or SIGTERM. */
  readonly keep: boolean;
  /** Takes what belongs on standard output. */
  readonly write: (text: string) => void;
}

/**
 * Sets the stage, tells the story and tidies up. Returns the exit code: 0 when all steps were told
 * and are as expected, 1 otherwise. A signal ends it after the step under way.
 */
export async function runStory(options: StoryOptions): Promise<number> {
  const signal = new StopSignal();
  const stage = await setStage(options);
  try {
    const steps: Step[] = [];
    for await (const step of tellStory(stage)) {
      steps.push(step);
      if (!options.json) options.write(`${printStep(step)}\n`);
      if (signal.given) break;
    }
    const asExpected = steps.length === stepCount && steps.every((step) => step.asExpected);
    const places = options.keep ? placesOf(stage) : null;
    if (options.json) options.write(`${JSON.stringify({ asExpected, steps, places }, null, 2)}\n`);
    else if (places !== null) options.write(printPlaces(places));
    if (options.keep) await signal.wait();
    return asExpected ? 0 : 1;
  } finally {
    await stage[Symbol.asyncDispose]();
  }
}

/** The first SIGINT or SIGTERM, which then no longer ends the process at once. */
class StopSignal {
  #given = false;
  readonly #signal = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]).then(() => {
    this.#given = true;
  });

  get given(): boolean {
    return this.#given;
  }

  async wait(): Promise<void> {
    await this.#signal;
  }
}
