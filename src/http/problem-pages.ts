import { renderProblemPage } from '../console/problem-page.tsx';
import { problems } from './problems.ts';

/** A page to be published at `path` of the origin. */
export interface ProblemPage {
  readonly path: string;
  readonly html: string;
}

/** One page for every code, so that the `type` of a problem document always leads somewhere. */
export function problemPages(): readonly ProblemPage[] {
  return Object.entries(problems).map(([code, problem]) => ({
    path: `/problems/${code}`,
    html: renderProblemPage({ code, ...problem }),
  }));
}
