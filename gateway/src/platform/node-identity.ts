// The name of this node in the journal and in its watermark: made once for each data directory and kept there. Called once
// at start by the owner of the directory's lock, so nobody else writes the file at the same time.
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from './random.ts'

/** 12 random bytes in base64url are 16 characters: they fit the journal's header, and no two nodes draw the same. */
const nodeIdRandomBytes = 12
const nodeIdPattern = /^node-[A-Za-z0-9_-]{16}$/

/**
 * The node's name, 21 ASCII characters. A file that holds anything else (a write that a power cut tore, a slip of an editor)
 * is replaced by a fresh name. Two nodes that both read an empty name would share one watermark, and each would take what
 * only the other has settled for its own and never write those rows. A name that nobody has used is harmless: its node
 * settles its whole journal again, and rows that exist already stay as they are. Throws the file system's error.
 */
export function loadNodeId(dataDir: string, random: Random): string {
  const file = join(dataDir, 'node-id')
  const present = existsSync(file) ? readFileSync(file, 'latin1').trim() : ''
  if (nodeIdPattern.test(present)) return present
  const fresh = `node-${random.token(nodeIdRandomBytes)}`
  replaceFile(file, `${fresh}\n`)
  return fresh
}

/** Whole or not at all: what is renamed into place is on the disk before. */
function replaceFile(file: string, text: string): void {
  const draft = `${file}.draft`
  const descriptor = openSync(draft, 'w', 0o600)
  try {
    writeSync(descriptor, text)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  renameSync(draft, file)
}
