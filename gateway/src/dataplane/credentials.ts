// The headers of a request to an account: its credential, decrypted at first use and kept in memory for as long as the
// snapshot holds this version of the account, and those of the client's headers that the vendor understands.
import type { IncomingHttpHeaders } from 'node:http'
import { providers } from '../core/providers/index.ts'
import type { Provider } from '../core/providers/provider.ts'
import type { AccountView } from '../core/routing/snapshot.ts'

export interface Credentials {
  /** A flat [name, value, …] list. Throws VaultError when the stored credential cannot be opened. */
  headersFor(account: AccountView, client: IncomingHttpHeaders): string[]
}

/** `openKey` decrypts the stored credential of an account. */
export function createCredentials(openKey: (account: AccountView) => string): Credentials {
  const fixed = new WeakMap<AccountView, readonly string[]>()

  function fixedHeaders(account: AccountView): readonly string[] {
    const present = fixed.get(account)
    if (present) return present
    const headers = [
      'content-type',
      'application/json',
      // Answers are read while they pass; a compressed one would have to be unpacked first.
      'accept-encoding',
      'identity',
      'user-agent',
      'aicarpool',
      ...providers[account.serviceType].credentialHeaders(openKey(account)),
    ]
    fixed.set(account, headers)
    return headers
  }

  return {
    headersFor(account, client) {
      const headers = [...fixedHeaders(account)]
      addForwarded(headers, providers[account.serviceType], client)
      return headers
    },
  }
}

function addForwarded(headers: string[], provider: Provider, client: IncomingHttpHeaders): void {
  for (const name of provider.forwardedHeaders) {
    const value = client[name] ?? provider.requiredHeaders[name]
    if (typeof value === 'string') headers.push(name, value)
  }
}
