// Import rules between workspaces, and the absence of import cycles anywhere.
import type { Project } from './project.ts'
import { eachSource, type Finding, type Rule } from './rule.ts'
import type { Import, SourceFile } from './syntax.ts'

export const workspaces = ['contract', 'gateway', 'console', 'simulator', 'bench', 'e2e'] as const

/**
 * Which places outside its own workspace a file may import, by the first prefix that fits the file. The simulator
 * stays an independent oracle only as long as it shares nothing, not even the contract.
 */
const mayImport: readonly { from: string; targets: readonly string[] }[] = [
  { from: 'gateway/test/', targets: ['contract/src/', 'gateway/src/', 'simulator/src/index.ts'] },
  { from: 'contract/', targets: [] },
  { from: 'simulator/', targets: [] },
  // The whole-system run starts PostgreSQL the way the gateway's own tests do.
  { from: 'e2e/', targets: ['contract/src/', 'gateway/test/support/'] },
  { from: '', targets: ['contract/src/'] },
]

const workspaceOf = (path: string) => workspaces.find((workspace) => path.startsWith(`${workspace}/`))

/** `gateway/src` must not know its tests, so the two count as separate workspaces. */
const zoneOf = (path: string) => (path.startsWith('gateway/test/') ? 'gateway/test' : workspaceOf(path))

function isForeign(file: SourceFile, { target }: Import): boolean {
  if (target === undefined) return false
  const zone = zoneOf(target)
  if (zone === undefined || zone === zoneOf(file.path)) return false
  const targets = mayImport.find(({ from }) => file.path.startsWith(from))?.targets ?? []
  return !targets.some((allowed) => target.startsWith(allowed))
}

/** Strongly connected components of the import graph with more than one file, or one that imports itself (Tarjan). */
function cyclesOf(project: Project): Finding[] {
  const files = new Map(project.sources.map((file) => [file.path, file]))
  const order = new Map<string, number>()
  const lowest = new Map<string, number>()
  const open: string[] = []
  const cycles: Finding[] = []

  const visit = (path: string): void => {
    order.set(path, order.size)
    lowest.set(path, order.size - 1)
    open.push(path)
    for (const { target } of files.get(path)?.imports ?? []) {
      if (target === undefined || !files.has(target)) continue
      if (!order.has(target)) visit(target)
      if (open.includes(target)) lowest.set(path, Math.min(lowest.get(path) ?? 0, lowest.get(target) ?? 0))
    }
    if (lowest.get(path) !== order.get(path)) return
    const members = open.splice(open.indexOf(path))
    const importsItself = files.get(path)?.imports.some(({ target }) => target === path) === true
    if (members.length === 1 && !importsItself) return
    const first = members.toSorted()[0] ?? path
    const line = files.get(first)?.imports.find(({ target }) => members.includes(target ?? ''))?.line ?? 1
    cycles.push({ path: first, line, message: `import cycle: ${members.toSorted().join(' ↔ ')}` })
  }

  for (const path of files.keys()) if (!order.has(path)) visit(path)
  return cycles
}

export const workspaceRules: Rule[] = [
  {
    name: 'workspaces share nothing but the contract',
    check: eachSource(
      () => true,
      (file) =>
        file.imports
          .filter((imported) => isForeign(file, imported))
          .map(({ target, line }) => ({ line, message: `imports ${target}` })),
    ),
    sample: {
      files: {
        'contract/src/a.ts': `import { b } from '../../gateway/src/b.ts'`,
        'gateway/src/b.ts': `import { a } from '@aicarpool/contract/a'\nimport { s } from '@aicarpool/simulator'\nimport { t } from '../test/t.ts'`,
        'gateway/test/t.ts': `import { b } from '../src/b.ts'\nimport { startSimulator } from '@aicarpool/simulator'\nimport { l } from '@aicarpool/simulator/ledger'`,
        'simulator/src/s.ts': `import { a } from '@aicarpool/contract'`,
        'console/src/c.tsx': `import type { A } from '@aicarpool/contract'\nimport { b } from '../../gateway/src/b.ts'`,
        'bench/src/x.ts': `import { b } from '../../gateway/src/b.ts'`,
        'e2e/y.ts': `import { startPostgres } from '../gateway/test/support/postgres.ts'\nimport { b } from '../gateway/src/b.ts'`,
      },
      findings: [
        'contract/src/a.ts:1',
        'gateway/src/b.ts:2',
        'gateway/src/b.ts:3',
        'gateway/test/t.ts:3',
        'simulator/src/s.ts:1',
        'console/src/c.tsx:2',
        'bench/src/x.ts:1',
        'e2e/y.ts:2',
      ],
    },
  },
  {
    name: 'no import cycles',
    check: cyclesOf,
    sample: {
      files: {
        'bench/src/a.ts': `import { b } from './b.ts'`,
        'bench/src/b.ts': `import { d } from './d.ts'\nexport type { C } from './c.ts'`,
        'bench/src/c.ts': `import type { A } from './a.ts'`,
        'bench/src/d.ts': `export const d = 1`,
        'e2e/self.ts': `export const x = 1\nexport * from './self.ts'`,
      },
      findings: ['bench/src/a.ts:1', 'e2e/self.ts:2'],
    },
  },
]
