// Brings the demo's enterprise into being at the first start and finds it again at the next, also where a start was cut
// short: the data and the file that tells them are committed together, and a set-up without data is completed.
import { join } from 'node:path'
import { request } from 'undici'
import type { EnterpriseId } from '@aicarpool/contract'
import type { App } from '../app.ts'
import {
  createDemoData,
  demoAdmin,
  demoEnterpriseName,
  enterpriseOfAdmin,
  hasGroups,
  moveDemoAccounts,
  type DemoQuota,
} from './demo-data.ts'
import { DemoError } from './demo-error.ts'
import { readDemoFile, writeDemoFile, type DemoFile } from './demo-file.ts'

export interface DemoPlace {
  dataDir: string
  simulatorUrl: string
  /** For data that are still to be made. */
  quota: DemoQuota
}

export const demoFilePath = (dataDir: string) => join(dataDir, 'demo.json')

/** Throws DemoError when the data directory holds something else than a demo, or a demo whose keys are gone. */
export async function prepareEnterprise(app: App, place: DemoPlace): Promise<DemoFile> {
  const path = demoFilePath(place.dataDir)
  const earlier = await readDemoFile(path)
  // A file of a start that was cut short before its data were committed names groups that do not exist.
  const isKnown = earlier !== undefined && (await hasGroups(app, earlier))
  const file = isKnown ? await moveDemo(app, place, earlier) : await makeDemo(app, place)
  await app.publisher.refresh()
  return file
}

async function moveDemo(app: App, { dataDir, simulatorUrl }: DemoPlace, earlier: DemoFile): Promise<DemoFile> {
  await moveDemoAccounts(app, earlier.accounts, simulatorUrl)
  const file = { ...earlier, baseUrl: app.url, simulatorUrl }
  await writeDemoFile(demoFilePath(dataDir), file)
  return file
}

async function makeDemo(app: App, { dataDir, simulatorUrl, quota }: DemoPlace): Promise<DemoFile> {
  const path = demoFilePath(dataDir)
  const enterpriseId =
    app.setupToken === undefined ? await findSetUp(app, dataDir) : await setUp(app.url, app.setupToken)
  return app.database.transaction(async (tx) => {
    const data = await createDemoData(tx, app, enterpriseId, simulatorUrl, quota)
    const file = { baseUrl: app.url, simulatorUrl, enterpriseId, admin: demoAdmin, ...data }
    // Before the commit: the keys exist in the clear only now, and committed keys that nobody knows could not be replaced.
    await writeDemoFile(path, file)
    return file
  })
}

/** The enterprise of a start that set up the gateway and came no further. */
async function findSetUp(app: App, dataDir: string): Promise<EnterpriseId> {
  const found = await enterpriseOfAdmin(app)
  if (found === undefined) {
    throw new DemoError(`${dataDir} belongs to a gateway that is not a demo. Choose another directory with --data-dir.`)
  }
  if (found.hasGroups) {
    throw new DemoError(
      `${demoFilePath(dataDir)} is missing or damaged, and the demo's keys stand nowhere else. ` +
        'Put it back, or choose another directory with --data-dir.',
    )
  }
  return found.id
}

/** Through the front door, as an administrator's browser would. */
async function setUp(baseUrl: string, token: string): Promise<EnterpriseId> {
  const { body } = await request(`${baseUrl}/api/setup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token, enterpriseName: demoEnterpriseName, ...demoAdmin }),
  })
  const answer = (await body.json()) as { success: boolean; data?: { enterpriseId: EnterpriseId }; error?: string }
  if (!answer.data) throw new DemoError(`The demo could not be set up: ${answer.error ?? 'no answer'}`)
  return answer.data.enterpriseId
}
