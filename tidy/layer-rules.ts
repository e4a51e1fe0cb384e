// Import rules inside the gateway: which layer may import which, what the pure core may touch, and the folders that
// must not know each other. Workspaces and cycles are in workspace-rules.ts.
import { eachSource, type Rule } from './rule.ts'
import { isTestFile, type Import, type SourceFile } from './syntax.ts'

const layers = ['main', 'cli', 'app', 'config', 'dataplane', 'controlplane', 'core', 'platform'] as const
type Layer = (typeof layers)[number]

/** What a layer may import besides itself and the contract. The two planes meet in data, never in code. */
const mayImport: Record<Layer, readonly Layer[]> = {
  main: ['cli', 'app', 'config', 'dataplane', 'controlplane', 'core', 'platform'],
  cli: ['app', 'config', 'dataplane', 'controlplane', 'core', 'platform'],
  app: ['config', 'dataplane', 'controlplane', 'core', 'platform'],
  config: ['core', 'platform'],
  dataplane: ['core', 'platform'],
  controlplane: ['core', 'platform'],
  core: [],
  platform: [],
}

/** The built-in modules without I/O, clock or randomness, and what may be taken from them. */
const pureBuiltins: Record<string, readonly string[] | 'all'> = {
  'node:crypto': ['hash', 'createHash', 'createHmac', 'timingSafeEqual'],
  'node:zlib': ['crc32'],
  'node:buffer': 'all',
  'node:assert': 'all',
  'node:assert/strict': 'all',
}

const inGateway = (path: string) => path.startsWith('gateway/src/')
const inCore = (path: string) => path.startsWith('gateway/src/core/') && !isTestFile(path)

function layerOf(path: string): Layer | undefined {
  const first = /^gateway\/src\/([^/]+?)(?:\.ts|\/.*)$/.exec(path)?.[1]
  return layers.find((layer) => layer === first)
}

function wrongDirection(file: SourceFile): { line: number; message: string }[] {
  const from = layerOf(file.path)
  if (from === undefined) return [{ line: 1, message: `lies in no layer; the layers are ${layers.join(', ')}` }]
  return file.imports.flatMap(({ target, line }) => {
    const to = target === undefined ? undefined : layerOf(target)
    if (to === undefined || to === from || mayImport[from].includes(to)) return []
    return [{ line, message: `${from} imports ${to} (${target})` }]
  })
}

function isImpure({ specifier, target, names }: Import): boolean {
  if (target !== undefined) return false
  const pure = pureBuiltins[specifier]
  if (pure === undefined) return true
  return pure !== 'all' && names.some((name) => !pure.includes(name))
}

/**
 * Reports imports between two sibling folders of `parent`, such as from one protocol to another. `__fixtures__` is data
 * for the tests of all of them.
 */
function betweenSiblings(parent: string): (file: SourceFile) => { line: number; message: string }[] {
  const siblingOf = (path: string) => (path.startsWith(parent) ? path.slice(parent.length).split('/') : [])
  return (file) => {
    const [from, ...rest] = siblingOf(file.path)
    if (rest.length === 0) return []
    return file.imports.flatMap(({ target, line }) => {
      const [to, ...inside] = target === undefined ? [] : siblingOf(target)
      if (to === from || inside.length === 0 || to === '__fixtures__') return []
      return [{ line, message: `${from} imports its sibling ${to}` }]
    })
  }
}

const featuresParent = 'gateway/src/controlplane/'

/** A feature is a folder; its public face for other features is the one file that bears its name. */
function foreignInsides(file: SourceFile): { line: number; message: string }[] {
  const from = /^gateway\/src\/controlplane\/([^/]+)\//.exec(file.path)?.[1]
  if (from === undefined) return []
  return file.imports.flatMap(({ target, line }) => {
    const [to, ...inside] = target?.startsWith(featuresParent) ? target.slice(featuresParent.length).split('/') : []
    if (to === undefined || inside.length === 0 || to === from || inside.join('/') === `${to}.ts`) return []
    return [{ line, message: `${from} reaches into ${to}; import ${to}/${to}.ts` }]
  })
}

export const layerRules: Rule[] = [
  {
    name: 'gateway imports point one way: cli, main → app → planes → core, platform → contract',
    check: eachSource(inGateway, wrongDirection),
    sample: {
      files: {
        'gateway/src/main.ts': `import { serve } from './cli/serve.ts'`,
        'gateway/src/cli/serve.ts': `import { startApp } from '../app.ts'\nimport { x } from '../platform/x.ts'`,
        'gateway/src/app.ts': `import { a } from './dataplane/a.ts'\nimport { serve } from './cli/serve.ts'`,
        'gateway/src/dataplane/a.ts': `import type { B } from '../controlplane/b.ts'\nimport { c } from '../core/c.ts'`,
        'gateway/src/controlplane/b.ts': `export { a } from '../dataplane/a.ts'\nimport { config } from '../config.ts'`,
        'gateway/src/core/c.ts': `\nimport { x } from '../platform/x.ts'`,
        'gateway/src/platform/x.ts': `import { assert } from '@aicarpool/contract'\nawait import('../core/c.ts')`,
        'gateway/src/stray.ts': `export const stray = 1`,
      },
      findings: [
        'gateway/src/app.ts:2',
        'gateway/src/dataplane/a.ts:1',
        'gateway/src/controlplane/b.ts:1',
        'gateway/src/controlplane/b.ts:2',
        'gateway/src/core/c.ts:2',
        'gateway/src/platform/x.ts:2',
        'gateway/src/stray.ts:1',
      ],
    },
  },
  {
    name: 'core is pure: it imports only core, the contract and built-ins without I/O',
    check: eachSource(inCore, (file) =>
      file.imports.filter(isImpure).map(({ specifier, line }) => ({ line, message: `core imports ${specifier}` })),
    ),
    sample: {
      files: {
        'gateway/src/core/a.ts': `import { readFileSync } from 'node:fs'\nimport { b } from './b.ts'`,
        'gateway/src/core/b.ts': `import { createHash } from 'node:crypto'\nimport { Buffer } from 'node:buffer'`,
        'gateway/src/core/c.ts': `import { randomUUID } from 'node:crypto'\nimport * as zlib from 'node:zlib'\nimport { crc32 } from 'node:zlib'`,
        'gateway/src/core/d.ts': `import { request } from 'undici'\nimport { money } from '@aicarpool/contract'`,
        'gateway/src/core/d.test.ts': `import { test } from 'vitest'`,
      },
      findings: [
        'gateway/src/core/a.ts:1',
        'gateway/src/core/c.ts:1',
        'gateway/src/core/c.ts:2',
        'gateway/src/core/d.ts:1',
      ],
    },
  },
  {
    name: 'no protocol folder imports another',
    check: eachSource(inGateway, betweenSiblings('gateway/src/core/protocols/')),
    sample: {
      files: {
        'gateway/src/core/protocols/one/wire.ts': `import { b } from '../two/wire.ts'\nimport { sse } from '../sse.ts'`,
        'gateway/src/core/protocols/two/wire.ts': `import { errors } from './errors.ts'`,
        'gateway/src/core/protocols/index.ts': `import { a } from './one/wire.ts'`,
        'gateway/src/core/protocols/one/wire.test.ts': `import { x } from '../__fixtures__/x.ts'`,
      },
      findings: ['gateway/src/core/protocols/one/wire.ts:1'],
    },
  },
  {
    name: 'no provider folder imports another',
    check: eachSource(inGateway, betweenSiblings('gateway/src/core/providers/')),
    sample: {
      files: {
        'gateway/src/core/providers/one/provider.ts': `import type { B } from '../two/provider.ts'`,
        'gateway/src/core/providers/two/provider.ts': `import { wire } from '../../protocols/one/wire.ts'`,
        'gateway/src/core/providers/index.ts': `import { a } from './one/provider.ts'`,
      },
      findings: ['gateway/src/core/providers/one/provider.ts:1'],
    },
  },
  {
    name: 'a control plane feature is imported only through the file that bears its name',
    check: eachSource(inGateway, foreignInsides),
    sample: {
      files: {
        'gateway/src/controlplane/groups/routes.ts': `import { a } from '../keys/queries.ts'\nimport { b } from '../keys/keys.ts'`,
        'gateway/src/controlplane/keys/routes.ts': `import { a } from './queries.ts'\nimport { c } from '../envelope.ts'`,
        'gateway/src/controlplane/routes.ts': `import { a } from './keys/routes.ts'`,
      },
      findings: ['gateway/src/controlplane/groups/routes.ts:1'],
    },
  },
]
