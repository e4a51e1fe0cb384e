// `aicarpool reconcile`: looks all the books over and says what does not hold.
import { reconcile } from '../controlplane/reconciliation/reconciliation.ts'
import { shippedProviders } from '../core/providers/index.ts'
import { systemClock } from '../platform/clock.ts'
import { migrate } from '../platform/database/migrate.ts'
import { openDatabase } from '../platform/database/open.ts'
import { exitCodes } from './help.ts'
import type { ServeOptions } from './serve.ts'

export async function runReconcile({ config, log, terminal }: ServeOptions, asJson: boolean): Promise<number> {
  const database = await openDatabase({ dataDir: config.dataDir, databaseUrl: config.databaseUrl?.reveal(), log })
  try {
    await migrate(database)
    const { findings, rowsChecked, rowsPassedOver } = await reconcile({
      database,
      providers: shippedProviders,
      clock: systemClock,
      onCheck: asJson ? () => undefined : (what) => terminal.print(`checking ${what} …`),
    })
    if (asJson) terminal.print(JSON.stringify({ findings, rowsChecked, rowsPassedOver }))
    else {
      for (const { check, subject, expected, found } of findings) {
        terminal.print(`${check}: ${subject}\n  expected ${expected}\n  found    ${found}`)
      }
      const passedOver = rowsPassedOver > 0 ? `; the prices of ${rowsPassedOver} more are not kept` : ''
      const result = findings.length === 0 ? 'Everything agrees' : `${findings.length} things do not agree`
      terminal.print(`${result}. Costs of ${rowsChecked} rows were computed anew${passedOver}.`)
    }
    return findings.length === 0 ? exitCodes.ok : exitCodes.failed
  } finally {
    await database.close()
  }
}
