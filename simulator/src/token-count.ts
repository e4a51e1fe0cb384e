// The simulator's own token rule, deliberately unlike any vendor's, so that nobody can guess a usage figure right.
// One token is: up to eight ASCII letters or digits with the one space before them · a run of other white space ·
// any other single code point (so each Chinese character and each punctuation mark is one). Joined tokens are the text.

const TOKEN = / ?[A-Za-z0-9]{1,8}|\s+|[^A-Za-z0-9\s]/gu

export function splitTokens(text: string): string[] {
  return text.match(TOKEN) ?? []
}

export function countTokens(text: string): number {
  let count = 0
  for (const _ of text.matchAll(TOKEN)) count += 1
  return count
}
