// Reads the repository (or a planted sample) into what the rules look at: parsed sources and plain texts, keyed by
// their path from the root. Knows nothing of any rule.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSource, type SourceFile } from './syntax.ts'

export interface Project {
  /** Every `.ts` and `.tsx` file, parsed. */
  sources: readonly SourceFile[]
  /** Every text file, sources included. */
  texts: ReadonlyMap<string, string>
}

/** Made by tools or by running the product; never committed. */
const skippedFolders = new Set(['node_modules', 'dist', '.git', 'coverage'])
const textExtension =
  /\.(?:ts|tsx|js|mjs|json|jsonc|md|sql|html|css|svg|yml|yaml|sh|txt|csv|sse)$|(?:^|\/)(?:LICENSE|run|\.gitignore|\.npmrc)$/
/** Generated, and full of hashes that could look like anything. */
const skippedFiles = new Set(['package-lock.json'])

export function projectFromTexts(texts: ReadonlyMap<string, string>): Project {
  const sources = [...texts]
    .filter(([path]) => /\.tsx?$/.test(path) && !path.endsWith('.d.ts'))
    .map(([path, text]) => parseSource(path, text))
  return { sources, texts }
}

export function projectFromDisk(root: string): Project {
  const texts = new Map<string, string>()
  for (const path of listFiles(root, '')) texts.set(path, readFileSync(join(root, path), 'utf8'))
  return projectFromTexts(texts)
}

function listFiles(root: string, folder: string): string[] {
  const found: string[] = []
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    // `data/` at the root is what the product writes when it runs; deeper folders of that name are ours.
    const isSkipped = skippedFolders.has(entry.name) || path === 'data'
    if (entry.isDirectory() && !isSkipped) found.push(...listFiles(root, path))
    if (entry.isFile() && textExtension.test(path) && !skippedFiles.has(path)) found.push(path)
  }
  return found.toSorted()
}
