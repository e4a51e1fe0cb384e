// The name of this node in the journal and in its watermark: made once for each data directory and kept there.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from './random.ts'

/** 12 random bytes in base64url are 16 characters: they fit the journal's header, and no two nodes draw the same. */
const nodeIdRandomBytes = 12

/** The caller owns the directory's lock, so nobody else writes the file at the same time. */
export function loadNodeId(dataDir: string, random: Random): string {
  const file = join(dataDir, 'node-id')
  if (!existsSync(file)) writeFileSync(file, `node-${random.token(nodeIdRandomBytes)}\n`, { mode: 0o600 })
  return readFileSync(file, 'utf8').trim()
}
