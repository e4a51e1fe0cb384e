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

export async function syncPaths(paths: Iterable<string>): Promise<void> {
  for (const path of paths) await syncPath(path)
}
