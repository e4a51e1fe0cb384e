// The shape of files: their names, their sizes, how they open and what they export.
import { posix } from 'node:path'
import { eachSource, type Finding, type Rule } from './rule.ts'
import { isTestFile, type Node, type SourceFile } from './syntax.ts'

const fileLinesMax = 500
const functionLinesMax = 70

/** Names that say nothing of what is inside, so that everything ends up there. */
const emptyNames = [
  'utils',
  'util',
  'helpers',
  'helper',
  'common',
  'misc',
  'shared',
  'lib',
  'types',
  'constants',
  'services',
  'managers',
]

/** Long by nature: what a vendor's wire looks like, tables of the database, and what a tool wrote. */
const longByNature = /(?:^|\/)(?:wire|tables|catalogue-data)\.ts$|\.generated\.ts$/

/** The places where one file may gather others: a workspace's front door, and the protocol and provider registries. */
const barrelPlaces = /^(?:[a-z0-9]+\/src|gateway\/src\/core\/(?:protocols|providers)(?:\/[^/]+)?)\/index\.ts$/

/** `zh-CN` is how the world spells that locale. */
const kebabCase = /^(?:[a-z0-9]+(?:-[a-z0-9]+)*|zh-CN)(?:\.[a-z0-9-]+)*$/
const isConfigFile = (path: string) => path.endsWith('.config.ts')

function badNames(paths: Iterable<string>): Finding[] {
  return [...paths].flatMap((path) => {
    const banned = path.split('/').find((part) => emptyNames.includes(part.replace(/\..*$/, '').toLowerCase()))
    return banned === undefined ? [] : [{ path, line: 1, message: `"${banned}" does not say what is inside` }]
  })
}

function defaultExports(file: SourceFile): { line: number; message: string }[] {
  return file.nodes
    .filter(({ node }) => {
      if (node.type === 'ExportDefaultDeclaration' || node.type === 'TSExportAssignment') return true
      return node.type === 'ExportSpecifier' && (node['exported'] as Node)['name'] === 'default'
    })
    .map(({ node }) => ({ line: file.lineAt(node.start), message: 'default export; name it' }))
}

const isReExport = (node: Node) =>
  node.type === 'ExportAllDeclaration' || (node.type === 'ExportNamedDeclaration' && node['source'] !== null)

function barrels(file: SourceFile): { line: number; message: string }[] {
  if (barrelPlaces.test(file.path)) return []
  const isBarrel = file.body.length > 0 && file.body.every(isReExport)
  const isIndex = /^index\.tsx?$/.test(posix.basename(file.path))
  if (!isBarrel && !isIndex) return []
  return [{ line: 1, message: 'gathers other files; import them where they are' }]
}

const functionTypes = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'])

function longFunctions(file: SourceFile): { line: number; message: string }[] {
  return file.nodes
    .filter(({ node }) => functionTypes.has(node.type))
    .map(({ node }) => ({ line: file.lineAt(node.start), lines: file.lineAt(node.end) - file.lineAt(node.start) + 1 }))
    .filter(({ lines }) => lines > functionLinesMax)
    .map(({ line, lines }) => ({ line, message: `function of ${lines} lines, at most ${functionLinesMax}` }))
}

const lineCount = (text: string) => text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
const lines = (count: number) => 'const x = 1\n'.repeat(count)

export const shapeRules: Rule[] = [
  {
    name: 'every source file parses',
    check: eachSource(
      () => true,
      (file) => file.parseErrors.map((message) => ({ line: 1, message })),
    ),
    sample: { files: { 'e2e/a.ts': 'const = 1', 'e2e/b.ts': 'const b = 1' }, findings: ['e2e/a.ts:1'] },
  },
  {
    name: 'no file or folder has a name that says nothing',
    check: (project) => badNames(project.texts.keys()),
    sample: {
      files: {
        'gateway/src/utils/a.ts': '',
        'console/src/helpers.tsx': '',
        'simulator/src/types.test.ts': '',
        'contract/src/service-type.ts': '',
        'bench/src/shared-load.ts': '',
      },
      findings: ['gateway/src/utils/a.ts:1', 'console/src/helpers.tsx:1', 'simulator/src/types.test.ts:1'],
    },
  },
  {
    name: 'source files are named in kebab-case',
    check: eachSource(
      (path) => !kebabCase.test(posix.basename(path).replace(/\.tsx?$/, '')),
      () => [{ line: 1, message: 'name it in kebab-case' }],
    ),
    sample: {
      files: { 'console/src/HomePage.tsx': '', 'bench/src/a_b.ts': '', 'e2e/run-all.ts': '', 'console/zh-CN.ts': '' },
      findings: ['console/src/HomePage.tsx:1', 'bench/src/a_b.ts:1'],
    },
  },
  {
    name: 'every source file opens with a comment that says what it owns',
    check: eachSource(
      (path) => !path.includes('/__fixtures__/'),
      (file) =>
        /^(?:#!.*\n)?\s*(?:\/\/|\/\*)/.test(file.text) ? [] : [{ line: 1, message: 'opens without a comment' }],
    ),
    sample: {
      files: {
        'e2e/a.ts': 'export const a = 1',
        'e2e/b.ts': '// Owns b.\nexport const b = 1',
        'e2e/c.ts': '#!/usr/bin/env node\n// Owns c.',
      },
      findings: ['e2e/a.ts:1'],
    },
  },
  {
    name: 'exports are named',
    check: eachSource((path) => !isConfigFile(path), defaultExports),
    sample: {
      files: {
        'bench/src/a.ts': 'const a = 1\nexport default a',
        'bench/src/b.ts': 'const b = 1\nexport { b as default }',
        'console/vite.config.ts': 'export default {}',
      },
      findings: ['bench/src/a.ts:2', 'bench/src/b.ts:2'],
    },
  },
  {
    name: 'no barrels but one index per workspace, protocol and provider folder',
    check: eachSource(() => true, barrels),
    sample: {
      files: {
        'contract/src/index.ts': `export * from './a.ts'`,
        'contract/src/all.ts': `export * from './a.ts'\nexport { b } from './b.ts'`,
        'gateway/src/core/protocols/one/index.ts': `export { a } from './a.ts'`,
        'gateway/src/controlplane/keys/index.ts': `export const a = 1`,
        'contract/src/b.ts': `export { a } from './a.ts'\nexport const b = 1`,
      },
      findings: ['contract/src/all.ts:1', 'gateway/src/controlplane/keys/index.ts:1'],
    },
  },
  {
    name: `no file is longer than ${fileLinesMax} lines`,
    check: eachSource(
      (path) => !longByNature.test(path) && !path.includes('/__fixtures__/'),
      (file) => {
        const count = lineCount(file.text)
        return count <= fileLinesMax ? [] : [{ line: fileLinesMax + 1, message: `${count} lines` }]
      },
    ),
    sample: {
      files: {
        'bench/src/long.ts': lines(fileLinesMax + 1),
        'bench/src/fits.ts': lines(fileLinesMax),
        'gateway/src/core/protocols/one/wire.ts': lines(fileLinesMax + 1),
      },
      findings: [`bench/src/long.ts:${fileLinesMax + 1}`],
    },
  },
  {
    name: `no function is longer than ${functionLinesMax} lines`,
    check: eachSource((path) => !longByNature.test(path) && !isTestFile(path), longFunctions),
    sample: {
      files: {
        'bench/src/long.ts': `export function long() {\n${lines(functionLinesMax - 1)}}`,
        'console/src/long.tsx': `\nexport const Long = () => {\n${lines(functionLinesMax - 1)}}`,
        'bench/src/fits.ts': `export function fits() {\n${lines(functionLinesMax - 2)}}`,
        'bench/src/long.test.ts': `test('x', () => {\n${lines(functionLinesMax)}})`,
      },
      findings: ['bench/src/long.ts:1', 'console/src/long.tsx:2'],
    },
  },
]
