// The result of a full run as docs/clients.md: a table, and how each client is configured.
import type { Client } from './client.ts'
import { installedVersion } from './install.ts'
import { testedTypes, type Outcome } from './matrix.ts'
import { folderOf } from './run-client.ts'
import { scenarios } from './scenarios.ts'

export async function renderReport(outcomes: readonly Outcome[]): Promise<string> {
  const clients = [...new Set(outcomes.map(({ client }) => client))]
  const rows: string[] = []
  for (const client of clients) rows.push(await row(client, outcomes))
  const head = ['client', 'version', ...testedTypes.map((type) => `${type} account`)]
  return [
    '# Clients',
    '',
    `Written by \`npm run clients\` on ${new Date().toISOString().slice(0, 10)}: each client from npm, headless, against the gateway and simulated vendors.`,
    `Each was put through ${scenarios.length} scenarios on accounts of each vendor: ${scenarios.map(({ title }) => title).join(', ')}.`,
    'A 429 is failed over when the client sees nothing of it; a refusal is shown when the client ends with an error and says the reason that',
    `the gateway gave${ownWordsOf(clients)}. Their proxy let nothing through but calls of the gateway. ${strangersOf(outcomes)}`,
    '',
    `| ${head.join(' | ')} |`,
    `|${head.map(() => '---').join('|')}|`,
    ...rows,
    '',
    '## How each is configured',
    '',
    'Where a model is named, any model of any account of the group will do.',
    '',
    ...clients.flatMap(({ title, setup }) => [`### ${title}`, '', setup, '']),
  ].join('\n')
}

/** Those that show a sentence of their own in place of the gateway's. */
function ownWordsOf(clients: readonly Client[]): string {
  const said = clients.flatMap(({ title, quotaWords, modelWords }) => [
    ...(quotaWords === undefined ? [] : [`${title} of a quota, “${quotaWords}”`]),
    ...(modelWords === undefined ? [] : [`${title} of an unknown model, “${modelWords}”`]),
  ])
  return said.length === 0 ? '' : ` (in words of its own: ${said.join('; ')})`
}

function strangersOf(outcomes: readonly Outcome[]): string {
  const wanted = new Map<string, Set<string>>()
  for (const { client, strangers } of outcomes) {
    if (strangers.length > 0) wanted.set(client.title, new Set([...(wanted.get(client.title) ?? []), ...strangers]))
  }
  if (wanted.size === 0) return 'No client asked it for anything else.'
  return `It was asked besides: ${[...wanted].map(([title, hosts]) => `${title} ${[...hosts].join(', ')}`).join('; ')}.`
}

async function row(client: Client, outcomes: readonly Outcome[]): Promise<string> {
  const version = (await installedVersion(folderOf(client), client.packageName)) ?? ''
  const cells = testedTypes.map((type) => {
    const own = outcomes.filter((outcome) => outcome.client === client && outcome.serviceType === type)
    const failed = own.filter(({ problem }) => problem !== undefined)
    const mark =
      failed.length === 0
        ? `all ${own.length}`
        : failed.map(({ scenario, problem }) => `${scenario.title}: ${problem}`).join('; ')
    return type === client.native ? `${mark} (native)` : mark
  })
  return `| ${[client.title, version, ...cells].join(' | ')} |`
}
