// The headers of a request to an account: its credential, decrypted at first use and kept in memory for as long as the
// snapshot holds this version of the account, and, where client and account speak the same protocol, the client's own headers
// but for those that concern the connection, the client's identity, or the account.
import type { IncomingHttpHeaders } from 'node:http'
import type { AccountView } from '../core/routing/snapshot.ts'

export interface Credentials {
  /**
   * A flat [name, value, …] list, with the headers of a client of the same protocol, if it is one. Throws VaultError when the
   * stored credential cannot be opened.
   */
  headersFor(account: AccountView, client: IncomingHttpHeaders | undefined): string[]
  /** Whether bytes from the provider repeat the account's key: such an answer is never passed on. */
  isRepeatedIn(account: AccountView, bytes: Buffer): boolean
  /** The text without the account's key. */
  redact(account: AccountView, text: string): string
}

/** `openKey` decrypts the stored credential of an account. */
export function createCredentials(openKey: (account: AccountView) => string): Credentials {
  const opened = new WeakMap<AccountView, Opened>()

  function open(account: AccountView): Opened {
    const present = opened.get(account)
    if (present) return present
    const apiKey = openKey(account)
    const headers = [
      'content-type',
      'application/json',
      // Answers are read while they pass; a compressed one would have to be unpacked first.
      'accept-encoding',
      'identity',
      ...account.provider.credentialHeaders(apiKey),
    ]
    const made = { apiKey, headers }
    opened.set(account, made)
    return made
  }

  return {
    headersFor(account, client) {
      const headers = [...open(account).headers]
      const { requiredHeaders, withheldHeaders } = account.provider
      for (const [name, value] of Object.entries(requiredHeaders)) {
        if (client?.[name] === undefined) headers.push(name, value)
      }
      if (client) addForwarded(headers, withheldHeaders, client)
      else headers.push('user-agent', 'aicarpool')
      return headers
    },
    isRepeatedIn: (account, bytes) => bytes.includes(open(account).apiKey),
    redact: (account, text) => text.replaceAll(open(account).apiKey, '[secret]'),
  }
}

interface Opened {
  apiKey: string
  headers: readonly string[]
}

/**
 * What a client says to us and never to a provider: RFC 9110 section 7.6.1 (the connection), credentials, what proxies on the
 * way have added, and what the gateway states itself.
 */
const ownHeaders: ReadonlySet<string> = new Set(
  [
    'connection keep-alive proxy-connection te trailer transfer-encoding upgrade expect',
    'host content-length content-type content-encoding accept-encoding',
    'authorization proxy-authorization proxy-authenticate x-api-key x-goog-api-key api-key cookie',
    'forwarded via x-real-ip true-client-ip cf-connecting-ip fastly-client-ip x-cluster-client-ip',
    'origin referer x-request-id x-client-request-id',
  ].flatMap((names) => names.split(' ')),
)
/** Of proxies, browsers, and our own. */
const ownPrefixes = ['x-forwarded-', 'sec-', 'cf-', 'x-aicarpool-', 'access-control-']

/** Headers that the client says are for this connection alone. */
function namedBy(connection: string | undefined): readonly string[] {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return []
  return connection.split(',').map((name) => name.trim().toLowerCase())
}

function addForwarded(headers: string[], withheld: readonly string[], client: IncomingHttpHeaders): void {
  const hopByHop = namedBy(client.connection)
  for (const name in client) {
    const value = client[name]
    if (typeof value !== 'string' || ownHeaders.has(name) || withheld.includes(name) || hopByHop.includes(name))
      continue
    if (!ownPrefixes.some((prefix) => name.startsWith(prefix))) headers.push(name, value)
  }
}
