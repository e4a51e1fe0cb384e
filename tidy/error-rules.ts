// How failures are raised and swallowed, and that every refusal of the registry is documented.
import type { Project } from './project.ts'
import { eachSource, type Finding, type Rule } from './rule.ts'
import { isIdentifier, isTestFile, literalText, type Node, type PlacedNode, type SourceFile } from './syntax.ts'

const registryPath = 'contract/src/errors.ts'
const registryName = 'errorRegistry'
const documentPath = 'docs/errors.md'

/** An assertion states a bug of ours and may throw a bare Error: a function called `assert…`, or the file of that name. */
function isInAssertion(file: SourceFile, parents: readonly Node[]): boolean {
  if (/(?:^|\/)assert\.ts$/.test(file.path)) return true
  return parents.some((parent) => {
    const id = parent.type === 'VariableDeclarator' || parent.type === 'FunctionDeclaration' ? parent['id'] : undefined
    return isIdentifier(id) && id.name.startsWith('assert')
  })
}

function bareErrors(file: SourceFile): { line: number; message: string }[] {
  return file.nodes
    .filter(({ node, parents }) => {
      const isCall = node.type === 'NewExpression' || node.type === 'CallExpression'
      return isCall && isIdentifier(node['callee'], 'Error') && !isInAssertion(file, parents)
    })
    .map(({ node }) => ({ line: file.lineAt(node.start), message: 'bare Error; give the failure a stable code' }))
}

/** The block of a `catch`, or of a function handed to `.catch(…)`. */
function catchBlock({ node }: PlacedNode): Node | undefined {
  if (node.type === 'CatchClause') return node['body'] as Node
  if (node.type !== 'CallExpression') return undefined
  const callee = node['callee'] as Node
  const handler = (node['arguments'] as Node[])[0]
  const isCatch = callee.type === 'MemberExpression' && isIdentifier(callee['property'], 'catch')
  const body = isCatch ? (handler?.['body'] as Node | undefined) : undefined
  return body?.type === 'BlockStatement' ? body : undefined
}

function silentCatches(file: SourceFile): { line: number; message: string }[] {
  return file.nodes.flatMap((placed) => {
    const block = catchBlock(placed)
    if (block === undefined || (block['body'] as Node[]).length > 0) return []
    const isExplained = file.comments.some(({ start, end }) => start > block.start && end < block.end)
    if (isExplained) return []
    return [{ line: file.lineAt(block.start), message: 'swallows an error; say why in a sentence' }]
  })
}

const unwrap = (node: Node | undefined): Node | undefined =>
  node?.type === 'TSAsExpression' || node?.type === 'TSSatisfiesExpression' ? unwrap(node['expression'] as Node) : node

/** The keys of `export const errorRegistry = { … }`, each with its line. */
function errorCodesOf(file: SourceFile | undefined): { code: string; line: number }[] {
  const declared = file?.nodes.find(
    ({ node }) => node.type === 'VariableDeclarator' && isIdentifier(node['id'], registryName),
  )
  const registry = unwrap(declared?.node['init'] as Node | undefined)
  const properties = registry?.type === 'ObjectExpression' ? (registry['properties'] as Node[]) : []
  return properties.flatMap((property) => {
    const key = property['key'] as Node | undefined
    const code = isIdentifier(key) ? key.name : literalText(key)
    return code === undefined ? [] : [{ code, line: file?.lineAt(property.start) ?? 1 }]
  })
}

function undocumentedCodes(project: Project): Finding[] {
  const codes = errorCodesOf(project.sources.find(({ path }) => path === registryPath))
  const document = project.texts.get(documentPath)
  if (document === undefined) return [{ path: documentPath, line: 1, message: 'is missing' }]
  if (codes.length === 0) return [{ path: registryPath, line: 1, message: `has no ${registryName} with codes` }]
  return codes
    .filter(({ code }) => !document.includes(`\`${code}\``))
    .map(({ code, line }) => ({ path: registryPath, line, message: `\`${code}\` is not in ${documentPath}` }))
}

export const errorRules: Rule[] = [
  {
    name: 'no bare Error outside assertions',
    check: eachSource((path) => /^(?:gateway|contract)\/src\//.test(path) && !isTestFile(path), bareErrors),
    sample: {
      files: {
        'gateway/src/core/a.ts': `throw new Error('x')\nthrow new AppError('x')\nexport class AppError extends Error {}`,
        'gateway/src/platform/b.ts': `const e = Error('x')\nfunction assertOpen() { throw new Error('closed') }`,
        'contract/src/assert.ts': `throw new Error('x')`,
        'gateway/src/core/a.test.ts': `throw new Error('x')`,
        'bench/src/a.ts': `throw new Error('x')`,
      },
      findings: ['gateway/src/core/a.ts:1', 'gateway/src/platform/b.ts:1'],
    },
  },
  {
    name: 'no empty catch without a sentence',
    check: eachSource(() => true, silentCatches),
    sample: {
      files: {
        'e2e/a.ts': `try { a() } catch {}\ntry { a() } catch {\n  // The file may be gone already.\n}`,
        'e2e/b.ts': `a().catch(() => {})\na().catch(() => { b() })\na().catch(() => {\n  // Best effort.\n})`,
        'e2e/c.ts': `a().catch(function () {})`,
      },
      findings: ['e2e/a.ts:1', 'e2e/b.ts:1', 'e2e/c.ts:1'],
    },
  },
  {
    name: 'every error code is documented',
    check: undocumentedCodes,
    sample: {
      files: {
        'contract/src/errors.ts': `export const errorRegistry = {\n  known: entry(1),\n  'unknown': entry(2),\n} as const satisfies R`,
        'docs/errors.md': '| `known` | unknown without backticks |',
      },
      findings: ['contract/src/errors.ts:3'],
    },
  },
]
