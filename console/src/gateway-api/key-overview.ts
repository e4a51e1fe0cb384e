// `GET /api/keys/self`: what a gateway key may use and how much of it is used, asked with that very key.
import { useQuery } from '@tanstack/react-query'
import { z } from 'zod'
import { callGateway, GatewayFailure } from './request.ts'

const limit = z.object({
  scope: z.enum(['enterprise', 'department', 'group', 'account', 'member', 'key']),
  metric: z.enum(['tokens', 'money', 'requests']),
  window: z.enum(['5h', 'day', 'week', 'month', 'total']),
  /** null is unlimited, 0 blocks. Tokens, requests, or US dollars. */
  limit: z.number().nullable(),
  used: z.number(),
  resetsAt: z.iso.datetime({ offset: true }).nullable(),
})
export type Limit = z.infer<typeof limit>

const keyOverview = z.object({
  enterprise: z.object({
    id: z.string(),
    name: z.string(),
    /** IANA name: its limits reset at its midnight. Where it is not told, moments are shown in the browser’s own zone. */
    timeZone: z.string().optional(),
  }),
  // A mode of null: nothing is bound to the group yet.
  group: z.object({ id: z.string(), name: z.string(), mode: z.enum(['dedicated', 'shared', 'hybrid']).nullable() }),
  key: z.object({ name: z.string(), last4: z.string() }),
  models: z.array(z.string()),
  limits: z.array(limit),
})
export type KeyOverview = z.infer<typeof keyOverview>

/** Often enough to watch one's own request arrive, seldom enough to cost the gateway nothing. */
export const refreshEveryMs = 2_000

/** A key as entered. The serial number stands for it in the query cache, so the secret itself is in no cache key. */
export interface EnteredKey {
  serial: number
  secret: string
}

/** Asking again with the same key cannot help. */
const isRefusal = (error: unknown) => error instanceof GatewayFailure && (error.status === 401 || error.status === 403)

/** Refreshed while the page is visible; stops when the gateway refuses the key. */
export function useKeyOverview(entered: EnteredKey | undefined) {
  return useQuery({
    queryKey: ['key-overview', entered?.serial],
    queryFn: async ({ signal }) =>
      callGateway({ path: '/api/keys/self', data: keyOverview, signal, key: entered?.secret ?? '' }),
    enabled: entered !== undefined,
    refetchInterval: (query) => (isRefusal(query.state.error) ? false : refreshEveryMs),
    retry: false,
    gcTime: 0,
  })
}
