// The node's name: made once, kept, and never anything that two nodes could share.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadNodeId } from './node-identity.ts'
import { systemRandom } from './random.ts'

let dataDir: string
let file: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'aicarpool-node-'))
  file = join(dataDir, 'node-id')
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

const wellFormed = /^node-[A-Za-z0-9_-]{16}$/
const load = () => loadNodeId(dataDir, systemRandom)

test('the first start makes a private file, and later starts read the same name', () => {
  const name = load()
  expect(name).toMatch(wellFormed)
  expect(load()).toBe(name)
  expect(readFileSync(file, 'utf8')).toBe(`${name}\n`)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readdirSync(dataDir)).toEqual(['node-id'])
})

test.each([
  ['empty', ''],
  ['blank', ' \n'],
  ['cut short', 'node-'],
  ['cut in the middle', 'node-abcdefgh'],
  ['zeros of a lost page', '\0'.repeat(22)],
  ['too long for the journal', `node-${'a'.repeat(40)}`],
  ['two lines', 'node-aaaaaaaaaaaaaaaa\nnode-bbbbbbbbbbbbbbbb'],
  ['not ASCII', 'node-节点节点节点节点节点节点节点节点'],
])('a file that is %s is replaced by a name of its own, which stays', (_what, content) => {
  writeFileSync(file, content)
  const name = load()
  expect(name).toMatch(wellFormed)
  expect(load()).toBe(name)
  writeFileSync(file, content)
  expect(load()).not.toBe(name)
})

test('a name that an earlier version wrote without a line end, or with a Windows one, is kept', () => {
  for (const end of ['', '\r\n']) {
    writeFileSync(file, `node-abcdefghijklmn_-${end}`)
    expect(load()).toBe('node-abcdefghijklmn_-')
  }
})

test('the draft of a start that was killed is no name and in nobody’s way', () => {
  writeFileSync(`${file}.draft`, 'node-abcdefghijklmn_-')
  const name = load()
  expect(name).not.toBe('node-abcdefghijklmn_-')
  expect(load()).toBe(name)
})

test('a name that cannot be written leaves no half of one behind', () => {
  mkdirSync(`${file}.draft`)
  expect(load).toThrow('EISDIR')
  expect(readdirSync(dataDir)).toEqual(['node-id.draft'])
})
