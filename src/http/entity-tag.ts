const entityTag = /\s*(?:W\/)?("[\x21\x23-\x7e\x80-\xff]*")\s*(?:,|$)/y;
const maxConditionLength = 4096;

/**
 * Whether an If-Match header lets a change to what has this strong entity tag go on.
 * RFC 9110 §13.1.1: the comparison is strong, so a weak tag matches nothing; `*` matches anything.
 */
export function permitsChange(condition: string, strongTag: string): boolean {
  if (condition.trim() === '*') return true;
  const tags = condition.length > maxConditionLength ? [] : condition.split(',');
  return tags.some((tag) => tag.trim() === strongTag);
}

/**
 * Whether an If-None-Match header names this strong entity tag, so that 304 is the answer.
 * RFC 9110 §13.1.2: the comparison is weak, `*` matches anything, a malformed list nothing.
 */
export function matchesEntityTag(condition: string, strongTag: string): boolean {
  if (condition === strongTag || condition.trim() === '*') return true;
  if (condition.length > maxConditionLength) return false;
  entityTag.lastIndex = 0;
  for (let match = entityTag.exec(condition); match !== null; match = entityTag.exec(condition)) {
    if (match[1] === strongTag) return true;
  }
  return false;
}
