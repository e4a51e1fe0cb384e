// Writing files so that a power cut cannot take them back: contents, then the folder that names them.
// Owns fsync and nothing about what is written. Used by snapshots, backup and restore.
import { open } from 'node:fs/promises'

/** Asks the disk to keep a file or a folder. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

// The file system commits what arrives together in one go; one by one, a thousand files take seconds.
const syncsAtOnce = 16

export async function syncPaths(paths: Iterable<string>): Promise<void> {
  const remaining = [...paths]
  async function syncRemaining(): Promise<void> {
    for (let path = remaining.pop(); path !== undefined; path = remaining.pop()) await syncPath(path)
  }
  await Promise.all(Array.from({ length: syncsAtOnce }, syncRemaining))
}
