// The headers of a request to an account: its credential, decrypted at first use and kept in memory for as long as the
// snapshot holds this version of the account, and those of the client's headers that the vendor understands.
import type { IncomingHttpHeaders } from 'node:http'
import { providers } from '../core/providers/index.ts'
import type { Provider } from '../core/providers/provider.ts'
import type { AccountView } from '../core/routing/snapshot.ts'

export interface Credentials {
  /** A flat [name, value, …] list. Throws VaultError when the stored credential cannot be opened. */
  headersFor(account: AccountView, client: IncomingHttpHeaders): string[]
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
      'user-agent',
      'aicarpool',
      ...providers[account.serviceType].credentialHeaders(apiKey),
    ]
    const made = { apiKey, headers }
    opened.set(account, made)
    return made
  }

  return {
    headersFor(account, client) {
      const headers = [...open(account).headers]
      addForwarded(headers, providers[account.serviceType], client)
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

function addForwarded(headers: string[], provider: Provider, client: IncomingHttpHeaders): void {
  for (const name of provider.forwardedHeaders) {
    const value = client[name] ?? provider.requiredHeaders[name]
    if (typeof value === 'string') headers.push(name, value)
  }
}
