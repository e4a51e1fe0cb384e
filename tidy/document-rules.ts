// What texts promise and what they must not hold: the numbered behaviours of SPEC.md against the tests that cite them,
// unfinished work, and words of one machine. It holds the forbidden words itself, so it is the one file not searched.
import type { Project } from './project.ts'
import type { Finding, Rule } from './rule.ts'
import { isIdentifier, literalText, type Node, type SourceFile } from './syntax.ts'

const thisFile = 'tidy/document-rules.ts'
const specPath = 'SPEC.md'
const specLine = /^- \*\*([A-Z]{2}\d+)\*\* /gm
/** `RT1 …`, or several at once: `RT1 RT2 …`, `RT1, RT2: …`. */
const citedIds = /^[A-Z]{2}\d+(?:[,+/ ]+[A-Z]{2}\d+)*\b/

const lineOf = (text: string, index: number) => text.slice(0, index).split('\n').length

function specIdsOf(project: Project): { id: string; line: number }[] {
  const spec = project.texts.get(specPath) ?? ''
  return [...spec.matchAll(specLine)].map((match) => ({ id: match[1] ?? '', line: lineOf(spec, match.index) }))
}

/** `test`, `it`, `describe` and what hangs on them: `test.skip`, `test.each(rows)`, `describe.sequential`. */
function isTestCallee(callee: Node): boolean {
  if (isIdentifier(callee)) return ['test', 'it', 'describe'].includes(callee.name)
  const inner = callee.type === 'MemberExpression' ? callee['object'] : callee['callee']
  return inner !== undefined && isTestCallee(inner as Node)
}

function citationsOf(file: SourceFile): { id: string; line: number }[] {
  return file.nodes.flatMap(({ node }) => {
    if (node.type !== 'CallExpression' || !isTestCallee(node['callee'] as Node)) return []
    const name = literalText((node['arguments'] as Node[])[0]) ?? ''
    const ids = citedIds.exec(name)?.[0].match(/[A-Z]{2}\d+/g) ?? []
    return ids.map((id) => ({ id, line: file.lineAt(node.start) }))
  })
}

function citations(project: Project): (Finding & { id: string })[] {
  return project.sources
    .filter(({ path }) => /\.test\.tsx?$/.test(path))
    .flatMap((file) => citationsOf(file).map(({ id, line }) => ({ path: file.path, line, id, message: '' })))
}

function untestedIds(project: Project): Finding[] {
  const ids = specIdsOf(project)
  if (ids.length === 0) return [{ path: specPath, line: 1, message: 'has no numbered behaviours' }]
  const cited = new Set(citations(project).map(({ id }) => id))
  return ids
    .filter(({ id }) => !cited.has(id))
    .map(({ id, line }) => ({ path: specPath, line, message: `${id} has no test whose name begins with it` }))
}

function unknownIds(project: Project): Finding[] {
  const known = new Set(specIdsOf(project).map(({ id }) => id))
  return citations(project)
    .filter(({ id }) => !known.has(id))
    .map(({ path, line, id }) => ({ path, line, message: `cites ${id}, which ${specPath} does not have` }))
}

function repeatedIds(project: Project): Finding[] {
  const seen = new Set<string>()
  return specIdsOf(project).flatMap(({ id, line }) => {
    if (seen.has(id)) return [{ path: specPath, line, message: `${id} is there twice` }]
    seen.add(id)
    return []
  })
}

function occurrences(pattern: RegExp, why: string): (project: Project) => Finding[] {
  return (project) =>
    [...project.texts]
      .filter(([path]) => path !== thisFile)
      .flatMap(([path, text]) =>
        [...text.matchAll(pattern)].map((match) => ({
          path,
          line: lineOf(text, match.index),
          message: `"${match[0].trim()}": ${why}`,
        })),
      )
}

const unfinished = /\b(?:TODO|FIXME|XXX|HACK)\b/g
/** Absolute paths of a developer's machine. `a/home/b` is a path of the repository and stays allowed. */
const machinePath = /(?<![\w.})-])\/(?:work|root|home|Users)\/[\w.-]+/g
/** Papers and people that a reader of the repository cannot see. */
const privateWord =
  /\b(?:DESIGN|STYLE|STACK)\.md\b|\bsub-?agents?\b|\b(?:helper|agent) sessions?\b|\bthe brief (?:says|asks)\b/gi

export const documentRules: Rule[] = [
  {
    name: 'every numbered behaviour has a test',
    check: untestedIds,
    sample: {
      files: {
        'SPEC.md': '- **RT1** a\n- **RT2** b\n- **QU1** c\n- **QU2** d\n- **ME1** e\n- **ME2** f\n',
        'gateway/test/a.test.ts': `test('RT1 chooses', f)\ntest.each([1])('QU1 holds %s', f)\ntest('no RT2 here', f)\nother('QU2 x', f)`,
        'gateway/src/core/b.test.ts': 'describe.skipIf(x)(`ME1, ME2: ${y}`, f)',
      },
      findings: ['SPEC.md:2', 'SPEC.md:4'],
    },
  },
  {
    name: 'tests cite only behaviours that SPEC.md has',
    check: unknownIds,
    sample: {
      files: {
        'SPEC.md': '- **RT1** a\n',
        'gateway/test/a.test.ts': `test('RT1 chooses', f)\nit('RT9 chooses', f)\ntest('HTTP 400 is an error', f)`,
      },
      findings: ['gateway/test/a.test.ts:2'],
    },
  },
  {
    name: 'a behaviour is numbered once',
    check: repeatedIds,
    sample: { files: { 'SPEC.md': '- **RT1** a\n- **RT2** b\n- **RT1** c\n' }, findings: ['SPEC.md:3'] },
  },
  {
    name: 'nothing unfinished is committed',
    check: occurrences(unfinished, 'finish it or leave it out'),
    sample: {
      files: {
        'bench/src/a.ts': '// TODO: later\nconst todo = 1',
        'README.md': 'done\nFIXME',
        'docs/a.md': 'mastodon',
      },
      findings: ['bench/src/a.ts:1', 'README.md:2'],
    },
  },
  {
    name: 'no path of one machine and no private word is committed',
    check: (project) => [
      ...occurrences(machinePath, 'a path of one machine')(project),
      ...occurrences(privateWord, 'readers cannot see it')(project),
    ],
    sample: {
      files: {
        'README.md': 'see /home/me/notes and console/src/home/page.tsx\nrun it in ~/data',
        'docs/a.md': 'as STYLE.md asks\nstyle.css',
        'bench/src/a.ts': `const a = '/root/x'\nconst b = '/v1/work/x'`,
      },
      findings: ['README.md:1', 'bench/src/a.ts:1', 'docs/a.md:1'],
    },
  },
]
