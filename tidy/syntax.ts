// One parsed source file: its syntax nodes with their parents, its comments and what it imports.
// The only file that talks to the parser; the rules see plain data.
import { posix } from 'node:path'
import { parseSync, visitorKeys } from 'oxc-parser'

/** A syntax node in ESTree form; `properties` differ by `type`. */
export interface Node {
  type: string
  start: number
  end: number
  [property: string]: unknown
}

export interface PlacedNode {
  node: Node
  /** From the nearest parent to the program. */
  parents: readonly Node[]
}

export interface Import {
  specifier: string
  /** Path from the root when the specifier names a file of this repository, else undefined. */
  target: string | undefined
  /** Names that are taken; `*` for a namespace, an `export *` or a dynamic import, `default` for the default export. */
  names: readonly string[]
  line: number
}

export interface SourceFile {
  path: string
  text: string
  nodes: readonly PlacedNode[]
  imports: readonly Import[]
  body: readonly Node[]
  comments: readonly { start: number; end: number; value: string }[]
  parseErrors: readonly string[]
  lineAt(offset: number): number
}

const isTest = /\.test\.tsx?$/
export const isTestFile = (path: string): boolean =>
  isTest.test(path) || path.startsWith('gateway/test/') || path.includes('/__fixtures__/')

export function parseSource(path: string, text: string): SourceFile {
  const parsed = parseSync(path, text)
  const program = parsed.program as unknown as Node
  const lineAt = lineFinder(text)
  const nodes: PlacedNode[] = []
  collect(program, [], nodes)
  return {
    path,
    text,
    nodes,
    body: program['body'] as Node[],
    imports: importsOf(path, nodes, lineAt),
    comments: parsed.comments,
    parseErrors: parsed.errors.map((error) => error.message),
    lineAt,
  }
}

/** The text of a string literal or of a template without holes, else undefined. */
export function literalText(node: unknown): string | undefined {
  const candidate = node as Node | null | undefined
  if (candidate?.type === 'Literal' && typeof candidate['value'] === 'string') return candidate['value']
  if (candidate?.type === 'TemplateLiteral') {
    const first = (candidate['quasis'] as { value: { cooked: string } }[])[0]
    return first?.value.cooked
  }
  return undefined
}

export function isIdentifier(node: unknown, name?: string): node is Node & { name: string } {
  const candidate = node as Node | null | undefined
  return candidate?.type === 'Identifier' && (name === undefined || candidate['name'] === name)
}

function collect(node: Node, parents: readonly Node[], into: PlacedNode[]): void {
  into.push({ node, parents })
  const inner = [node, ...parents]
  for (const key of visitorKeys[node.type] ?? []) {
    const child = node[key] as Node | (Node | null)[] | null | undefined
    const children = Array.isArray(child) ? child : [child]
    for (const item of children) if (item) collect(item, inner, into)
  }
}

function lineFinder(text: string): (offset: number) => number {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return (offset) => {
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return low + 1
  }
}

const importingTypes = new Set([
  'ImportDeclaration',
  'ExportAllDeclaration',
  'ExportNamedDeclaration',
  'ImportExpression',
  'TSImportType',
])

function importsOf(path: string, nodes: readonly PlacedNode[], lineAt: (offset: number) => number): Import[] {
  const imports: Import[] = []
  for (const { node } of nodes) {
    const specifier = importingTypes.has(node.type) ? literalText(node['source']) : undefined
    if (specifier === undefined) continue
    imports.push({ specifier, target: resolve(path, specifier), names: namesOf(node), line: lineAt(node.start) })
  }
  return imports
}

function namesOf(node: Node): string[] {
  const specifiers = node['specifiers'] as Node[] | undefined
  if (specifiers === undefined) return ['*']
  return specifiers.map((specifier) => {
    if (specifier.type === 'ImportDefaultSpecifier') return 'default'
    if (specifier.type === 'ImportNamespaceSpecifier') return '*'
    const name = (specifier['imported'] ?? specifier['local']) as Node
    return String(name['name'] ?? name['value'])
  })
}

function resolve(fromPath: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(fromPath), specifier)
  const workspace = /^@aicarpool\/([a-z0-9]+)(?:\/(.+))?$/.exec(specifier)
  if (workspace === null) return undefined
  return `${workspace[1]}/src/${workspace[2] ?? 'index'}.ts`
}
