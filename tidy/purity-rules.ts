// What only one place of the gateway may touch: the environment, the clock, randomness, timers, the console, and the
// names of vendors. Everything else gets them handed in, so that it can be tested and replayed.
import type { Project } from './project.ts'
import { eachSource, type Rule } from './rule.ts'
import { isIdentifier, isTestFile, literalText, type Node, type PlacedNode, type SourceFile } from './syntax.ts'

const inGateway = (path: string) => path.startsWith('gateway/src/')
const handedIn = (path: string) => inGateway(path) && !path.startsWith('gateway/src/platform/') && !isTestFile(path)

/** `process.env`, `const { env } = process` and `import { env } from 'node:process'`. */
function readsEnvironment(file: SourceFile): { line: number; message: string }[] {
  const message = 'reads the environment; config.ts does that'
  const reads = file.nodes.filter(({ node }) => {
    if (node.type === 'MemberExpression') {
      return isIdentifier(node['object'], 'process') && propertyName(node) === 'env'
    }
    return node.type === 'VariableDeclarator' && isIdentifier(node['init'], 'process') && !isIdentifier(node['id'])
  })
  const imports = file.imports.filter(({ specifier }) => /^(?:node:)?process$/.test(specifier))
  return [
    ...reads.map(({ node }) => ({ line: file.lineAt(node.start), message })),
    ...imports.filter(({ names }) => names.includes('env')).map(({ line }) => ({ line, message })),
  ]
}

const impureMembers: Record<string, readonly string[] | 'all'> = {
  Date: ['now'],
  Math: ['random'],
  performance: ['now', 'timeOrigin'],
  crypto: ['randomUUID', 'randomBytes', 'randomInt', 'getRandomValues'],
  process: ['hrtime'],
  globalThis: ['setTimeout', 'setInterval', 'performance', 'console', 'crypto'],
  console: 'all',
}
const impureFunctions = ['setTimeout', 'setInterval']
const impureImports: Record<string, readonly string[] | 'all'> = {
  'node:timers': 'all',
  'node:timers/promises': 'all',
  'node:perf_hooks': 'all',
  'node:console': 'all',
  'node:crypto': ['randomUUID', 'randomBytes', 'randomInt', 'getRandomValues', 'webcrypto'],
}

function propertyName(member: Node): string | undefined {
  if (member['computed'] === true) return literalText(member['property'])
  return String((member['property'] as Node)['name'])
}

/** True for a mention of a global function by its bare name, as a call or as a value; not for a port's method. */
function isBareMention({ node, parents }: PlacedNode): boolean {
  const parent = parents[0]
  if (parent === undefined) return false
  if (parent.type === 'MemberExpression') return parent['object'] === node || parent['computed'] === true
  if (parent.type === 'Property') return parent['value'] === node && !parents.some((up) => up.type === 'ObjectPattern')
  return !/^TS(?:Property|Method)Signature$|^(?:Method|Property)Definition$|^ImportSpecifier$/.test(parent.type)
}

function impurity(placed: PlacedNode): string | undefined {
  const { node } = placed
  if (node.type === 'MemberExpression' && isIdentifier(node['object'])) {
    const members = impureMembers[node['object'].name]
    const name = propertyName(node)
    if (members === 'all' || (name !== undefined && members?.includes(name) === true)) {
      return `${node['object'].name}.${name ?? '…'}`
    }
  }
  if (node.type === 'NewExpression' && isIdentifier(node['callee'], 'Date')) {
    return (node['arguments'] as Node[]).length === 0 ? 'new Date()' : undefined
  }
  if (node.type === 'CallExpression' && isIdentifier(node['callee'], 'Date')) return 'Date()'
  if (isIdentifier(node) && impureFunctions.includes(node.name) && isBareMention(placed)) return node.name
  return undefined
}

function impurities(file: SourceFile): { line: number; message: string }[] {
  const used = file.nodes.flatMap((placed) => {
    const what = impurity(placed)
    return what === undefined ? [] : [{ line: file.lineAt(placed.node.start), message: `${what}; have it handed in` }]
  })
  const imported = file.imports.flatMap(({ specifier, names, line }) => {
    const impure = impureImports[specifier]
    const taken = impure === 'all' ? names : names.filter((name) => impure?.includes(name))
    return taken.length === 0 ? [] : [{ line, message: `${taken.join(', ')} of ${specifier}; have it handed in` }]
  })
  return [...used, ...imported]
}

/** Names that vendors have beside those of their folders. */
const otherNames = ['anthropic', 'open-?ai', 'dashscope']
const vendorFolder = /^gateway\/src\/core\/providers\/([a-z0-9-]+)\//

/** A vendor's folder is its name, so a new one is watched from its first file on. */
function vendorNames({ sources }: Project): RegExp {
  const folders = sources.flatMap(({ path }) => vendorFolder.exec(path)?.[1] ?? [])
  return new RegExp([...new Set([...folders, ...otherNames])].join('|'), 'i')
}

/** Vendors' own folders, the two registries, the price list and the demo's invented accounts. */
const mayNameVendors =
  /^gateway\/src\/(?:core\/(?:protocols|providers)\/(?:[^/]+\/|index\.ts$)|core\/pricing\/catalogue|cli\/demo)/

function namedVendors(file: SourceFile, vendorName: RegExp): { line: number; message: string }[] {
  const found = new Map<number, string>()
  for (const { node } of file.nodes) {
    const name = vendorIn(node, vendorName)
    if (name !== undefined) found.set(file.lineAt(node.start), name)
  }
  return [...found].map(([line, name]) => ({
    line,
    message: `names a vendor ("${name}"); ask for a declared property`,
  }))
}

function vendorIn(node: Node, vendorName: RegExp): string | undefined {
  const text = nameOrText(node)
  return text !== undefined && vendorName.test(text) ? text.slice(0, 60) : undefined
}

function nameOrText(node: Node): string | undefined {
  if (node.type === 'TemplateElement') return (node['value'] as { raw: string }).raw
  if (typeof node['name'] === 'string') return node['name']
  return literalText(node) ?? (node['regex'] as { pattern: string } | undefined)?.pattern
}

export const purityRules: Rule[] = [
  {
    name: 'only config.ts reads the environment in the gateway',
    check: eachSource((path) => inGateway(path) && path !== 'gateway/src/config.ts', readsEnvironment),
    sample: {
      files: {
        'gateway/src/config.ts': 'export const port = process.env.PORT',
        'gateway/src/cli/serve.ts': `const a = process.env['A']\nconst pid = process.pid\nconst { env } = process`,
        'gateway/src/platform/x.ts': `import { env } from 'node:process'`,
        'bench/src/main.ts': 'const a = process.env.A',
      },
      findings: ['gateway/src/cli/serve.ts:1', 'gateway/src/cli/serve.ts:3', 'gateway/src/platform/x.ts:1'],
    },
  },
  {
    name: 'clock, timers, randomness and console live in platform/',
    check: eachSource(handedIn, impurities),
    sample: {
      files: {
        'gateway/src/core/a.ts': `const a = Date.now()\nconst b = new Date()\nconst c = new Date(5)\nconst d = Math.random()`,
        'gateway/src/dataplane/b.ts': `setTimeout(run, 5)\ntimers.setTimeout(run, 5)\nconst t = { later: setInterval }\nperformance.now()`,
        'gateway/src/controlplane/c.ts': `import { randomUUID } from 'node:crypto'\nconsole.log(1)\nimport { createHmac } from 'node:crypto'`,
        'gateway/src/cli/d.ts': `import { setTimeout } from 'node:timers/promises'\ninterface Timers { setTimeout(run: () => void): void }`,
        'gateway/src/platform/clock.ts': 'export const now = () => Date.now()',
        'gateway/src/core/a.test.ts': 'const a = Date.now()',
      },
      findings: [
        'gateway/src/core/a.ts:1',
        'gateway/src/core/a.ts:2',
        'gateway/src/core/a.ts:4',
        'gateway/src/dataplane/b.ts:1',
        'gateway/src/dataplane/b.ts:3',
        'gateway/src/dataplane/b.ts:4',
        'gateway/src/controlplane/c.ts:1',
        'gateway/src/controlplane/c.ts:2',
        'gateway/src/cli/d.ts:1',
      ],
    },
  },
  {
    name: 'no vendor is named outside its folder',
    check(project) {
      const names = vendorNames(project)
      const applies = (path: string) => inGateway(path) && !isTestFile(path) && !mayNameVendors.test(path)
      return eachSource(applies, (file) => namedVendors(file, names))(project)
    },
    sample: {
      files: {
        'gateway/src/dataplane/a.ts': `// claude is fine in a comment\nif (account.serviceType === 'claude') x()\nconst openAiPath = 1`,
        'gateway/src/core/routing/b.ts': 'const a = limits.gemini\nconst b = `to ${x} Newcomer`\nconst c = /anthropic/',
        'gateway/src/controlplane/c.ts': `const path = '/api/openapi.json'`,
        'gateway/src/core/providers/claude/provider.ts': `export const claude = 'claude'`,
        'gateway/src/core/providers/gemini/provider.ts': `export const gemini = 'gemini'`,
        'gateway/src/core/providers/newcomer/provider.ts': `export const newcomer = 'newcomer'`,
        'gateway/src/core/providers/index.ts': `import { claude } from './claude/provider.ts'`,
        'gateway/src/core/providers/provider.ts': `export const first = 'claude'`,
        'gateway/src/core/pricing/catalogue-data.ts': `export const a = 'claude'`,
        'gateway/src/cli/demo-accounts.ts': `export const a = 'claude'`,
      },
      findings: [
        'gateway/src/dataplane/a.ts:2',
        'gateway/src/dataplane/a.ts:3',
        'gateway/src/core/routing/b.ts:1',
        'gateway/src/core/routing/b.ts:2',
        'gateway/src/core/routing/b.ts:3',
        'gateway/src/core/providers/provider.ts:1',
      ],
    },
  },
]
