// docs/protocols.md, made from the tables that the code runs on: who is served by whom, at which addresses, and what a translation
// carries, changes, leaves out or refuses.
import { features, type FeatureId } from '../../src/core/protocols/features.ts'
import { accountProtocols, clientProtocols, type AccountProtocolId } from '../../src/core/protocols/index.ts'
import type { AccountProtocol, ClientProtocol } from '../../src/core/protocols/protocol.ts'
import type { FieldHandling } from '../../src/core/protocols/request-fields.ts'
import { providers, serviceTypes, type ShippedServiceType } from '../../src/core/providers/index.ts'
import type { ProviderWire } from '../../src/core/providers/provider.ts'

type Row = readonly string[]

const clients: readonly ClientProtocol[] = Object.values(clientProtocols)

export function renderProtocols(): string {
  return `${[...opening(), ...served(), ...addresses(), ...carried(), ...otherFields()].join('\n')}\n`
}

function opening(): string[] {
  return [
    '# Protocols',
    '',
    'Made by `npm run docs` from the tables that the program runs on; a test holds it to them.',
    '',
    'Where client and account speak the same protocol, the bytes of request and answer pass through as they are. Otherwise the',
    "request is translated into the account's protocol and the answer back, streamed or not. What a translation leaves out is",
    'named in the answer’s header `x-aicarpool-dropped`; what the answer would be worthless without is refused with 400',
    '`not_translatable`, which names the field. Nothing is lost in silence.',
    '',
  ]
}

function served(): string[] {
  const rows = clients.map((client) => [client.title, ...serviceTypes.map((type) => servedBy(client, type))])
  return ['## Who serves whom', '', ...table(['client', ...serviceTypes.map((type) => `${type} account`)], rows), '']
}

function servedBy({ id, translation }: ClientProtocol, type: ShippedServiceType): string {
  const { wires } = providers[type]
  if (wires.some(({ protocol }) => protocol === id)) return 'native'
  return translation && wires.some(isTranslatedTo) ? 'translated' : '—'
}

function isTranslatedTo({ protocol }: ProviderWire): boolean {
  const account: AccountProtocol = accountProtocols[protocol]
  return account.translation !== undefined
}

function addresses(): string[] {
  const rows = clients.map(({ title, paths, addressForms = [], modelList, tokenCounting }) => [
    title,
    coded([...paths, ...addressForms]),
    modelList ? coded([modelList.path, `${modelList.path}/{model}`]) : '—',
    tokenCounting ? coded([...tokenCounting.paths, ...(tokenCounting.addressForms ?? [])]) : '—',
  ])
  return ['## Addresses', '', ...table(['client', 'calls', 'models', 'counting tokens'], rows), '']
}

function coded(paths: readonly string[]): string {
  return paths.length === 0 ? '—' : paths.map((path) => `\`${path}\``).join(', ')
}

interface Column {
  title: string
  support: Partial<Record<FeatureId, string>>
}

/** A wire, and apart from it each vendor that carries more or less of a request over it. */
function columns(): Column[] {
  return (Object.entries(accountProtocols) as [AccountProtocolId, AccountProtocol][]).flatMap(
    ([id, { translation }]) => {
      if (!translation) return []
      const title = clients.find((client) => client.id === id)?.title ?? id
      const special = Object.values(providers).flatMap(({ serviceType, wires }) =>
        wires.flatMap((wire) =>
          wire.protocol === id && wire.support
            ? [{ title: `${title} (${serviceType})`, support: { ...translation.support, ...wire.support } }]
            : [],
        ),
      )
      return [{ title, support: translation.support }, ...special]
    },
  )
}

function carried(): string[] {
  const all = columns()
  const rows = Object.entries(features).map(([id, feature]) => [
    'byModel' in feature ? `${feature.what} ¹` : feature.what,
    `\`${id}\``,
    ...all.map(({ support }) => support[id as FeatureId] ?? '—'),
  ])
  return [
    '## What a translation carries',
    '',
    'By the protocol of the account. **kept**: with its meaning. **adapted**: by other means, with nearly its meaning.',
    '**dropped**: left out and named. **refused**: 400 `not_translatable`.',
    '',
    ...table(['part of a request', 'name', ...all.map(({ title }) => title)], rows),
    '',
    '¹ Some models of a vendor cannot take it, although others can: it is then dropped or refused as the catalogue of models says.',
    '',
  ]
}

function otherFields(): string[] {
  const rows = clients.flatMap(({ title, translation }) =>
    translation && Object.keys(translation.otherFields).length > 0
      ? [[title, ...(['refused', 'ignored'] as const).map((how) => fieldsOf(translation.otherFields, how))]]
      : [],
  )
  return [
    '## Fields of a client that no other protocol knows',
    '',
    'They matter only where a request is translated. **ignored**: they change nothing in the answer, so nothing is said of them.',
    'Fields that nobody has heard of are dropped and named. The unified call refuses what it does not know.',
    '',
    ...table(['client', 'refused', 'ignored'], distinct(rows)),
  ]
}

function fieldsOf(known: Readonly<Record<string, FieldHandling>>, handling: FieldHandling): string {
  return coded(Object.keys(known).filter((field) => known[field] === handling))
}

/** Two forms of one wire treat their fields alike: the first stands for both. */
function distinct(rows: readonly Row[]): Row[] {
  const seen = new Set<string>()
  return rows.filter(([, ...cells]) => {
    const text = cells.join('|')
    return !seen.has(text) && seen.add(text)
  })
}

function table(head: Row, rows: readonly Row[]): string[] {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`)
}
