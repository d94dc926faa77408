/** One test case of JUnit XML. */
export interface TestCase {
  readonly group: string;
  readonly name: string;
  /** What was found, on one line; empty when nothing was. */
  readonly text: string;
  /** Why it fails; null when it does not. */
  readonly failure: string | null;
  /** Why it says nothing; null when it does. */
  readonly skipped: string | null;
}

/** JUnit XML with one suite, which is about one thing. */
export function renderSuite({
  name,
  about,
  cases,
}: {
  readonly name: string;
  readonly about: string;
  readonly cases: readonly TestCase[];
}): string {
  const failures = cases.filter(({ failure }) => failure !== null).length;
  const skipped = cases.filter((one) => one.failure === null && one.skipped !== null).length;
  const counts = `tests="${cases.length}" failures="${failures}" errors="0" skipped="${skipped}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${name}" ${counts}>`,
    `  <testsuite name="${escapeXml(about)}" ${counts}>`,
    ...cases.flatMap(renderCase),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function renderCase({ group, name, text, failure, skipped }: TestCase): readonly string[] {
  const opening = `    <testcase classname="${escapeXml(group)}" name="${escapeXml(name)}"`;
  const inner = [
    ...(failure === null ? [] : [failureOf(failure, text)]),
    ...(failure === null && skipped !== null
      ? [`      <skipped message="${escapeXml(skipped)}"/>`]
      : []),
    ...(failure === null && text !== ''
      ? [`      <system-out>${escapeXml(text)}</system-out>`]
      : []),
  ];
  return inner.length === 0 ? [`${opening}/>`] : [`${opening}>`, ...inner, '    </testcase>'];
}

function failureOf(message: string, text: string): string {
  return `      <failure message="${escapeXml(message)}">${escapeXml(text)}</failure>`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

// XML 1.0 §2.2 has no place for control characters, halves of surrogate pairs and two noncharacters.
function escapeXml(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\ufffe\uffff]/gu, '\u{fffd}')
    .replace(/[&<>"']/g, (character) => entities[character] ?? '');
}
