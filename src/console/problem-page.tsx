import { renderPage } from './page.tsx';

/** What a reader of an error's address wants to know. */
export interface ProblemPageView {
  readonly code: string;
  readonly status: number;
  readonly title: string;
  readonly fix: string;
}

/** The page at `{origin}/problems/{code}`: what the error means, and how to mend it. */
export function renderProblemPage(view: ProblemPageView): string {
  return renderPage({
    title: `${view.code}: ${view.title}`,
    children: (
      <>
        <p class="soft">
          Problem <code>{view.code}</code>, answered with status {view.status}
        </p>
        <h1>{view.title}</h1>
        <h2>What to do</h2>
        <p>{view.fix}</p>
        <p class="soft">
          The answer that led here may say more in <code>detail</code> and <code>errors</code>. Its{' '}
          <code>instance</code> finds the request in the log of the service.
        </p>
      </>
    ),
  });
}
