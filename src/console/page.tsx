import type { ComponentChildren } from 'preact';
import { renderToString } from 'preact-render-to-string';

/**
 * The one style sheet of our pages. It is free of the characters that HTML escapes, so its hash
 * holds for what is served.
 */
export const pageStyle = `
:root { color-scheme: light dark; --ink: light-dark(#1a1d21, #e8eaed); --soft: light-dark(#5b6168, #a3a9b1);
  --line: light-dark(#d9dce0, #3a3f46); --paper: light-dark(#ffffff, #16181b); --good: light-dark(#17693a, #6fce97);
  --warn: light-dark(#8a4b00, #f0b35e); --bad: light-dark(#a3191f, #ff8a8f); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 44rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1 { margin: .25rem 0 .75rem; font-size: 1.9rem; line-height: 1.2; overflow-wrap: anywhere; }
h2 { margin: 2.25rem 0 .5rem; padding-top: 1rem; border-top: 1px solid var(--line); font-size: 1.05rem; }
p, ul, dl { margin: .5rem 0; }
ul { padding-left: 1.2rem; }
dl { display: grid; grid-template-columns: minmax(7rem, auto) 1fr; gap: .3rem 1rem; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
code { font: .92em/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { padding: .75rem 1rem; border: 1px solid var(--line); border-radius: .4rem; white-space: pre-wrap; }
a { color: inherit; text-underline-offset: .2em; }
.soft { color: var(--soft); }
.state { font-weight: 600; }
.good { color: var(--good); }
.warn { color: var(--warn); }
.bad { color: var(--bad); }
`;

/** A whole HTML document around `children`. Every text in it is escaped by the renderer. */
export function renderPage(page: {
  readonly title: string;
  readonly children: ComponentChildren;
}): string {
  const html = renderToString(
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{page.title}</title>
        <style>{pageStyle}</style>
      </head>
      <body>
        <main>{page.children}</main>
      </body>
    </html>,
  );
  return `<!doctype html>${html}\n`;
}
