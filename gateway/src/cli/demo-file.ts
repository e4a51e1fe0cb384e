// `demo.json`: what the demo tells scripts and its own next start, working keys among it, so for its owner's eyes only.
// Owns its form and that it is always whole: written aside, flushed, then renamed.
import { existsSync } from 'node:fs'
import { open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { serviceType, type AccountId, type EnterpriseId, type GroupId } from '@aicarpool/contract'
import { z } from 'zod'
import { syncPath } from '../platform/database/durable-files.ts'

const ownerOnlyMode = 0o600

const demoAccount = z.object({
  id: z.uuid().transform((id) => id as AccountId),
  name: z.string(),
  serviceType,
})
export type DemoAccount = z.infer<typeof demoAccount>

const demoGroup = z.object({
  id: z.uuid().transform((id) => id as GroupId),
  name: z.string(),
  mode: z.enum(['dedicated', 'shared', 'hybrid']),
  key: z.string(),
})
export type DemoGroup = z.infer<typeof demoGroup>

const demoFile = z.object({
  baseUrl: z.string(),
  simulatorUrl: z.string(),
  enterpriseId: z.uuid().transform((id) => id as EnterpriseId),
  admin: z.object({ email: z.string(), password: z.string() }),
  groups: z.array(demoGroup).min(1),
  accounts: z.array(demoAccount),
})
export type DemoFile = z.infer<typeof demoFile>

/** Undefined when there is none, or none that can be understood. */
export async function readDemoFile(path: string): Promise<DemoFile | undefined> {
  if (!existsSync(path)) return undefined
  const text = await readFile(path, 'utf8')
  try {
    return demoFile.parse(JSON.parse(text))
  } catch {
    // Edited by hand or cut by a full disk: what it said is lost either way.
    return undefined
  }
}

/** The old content stays until the new one is whole and on the disk. The data directory's owner is the only writer. */
export async function writeDemoFile(path: string, content: DemoFile): Promise<void> {
  const draft = `${path}.draft`
  const file = await open(draft, 'w', ownerOnlyMode)
  try {
    await file.writeFile(`${JSON.stringify(content, null, 2)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(draft, path)
  await syncPath(dirname(path))
}
