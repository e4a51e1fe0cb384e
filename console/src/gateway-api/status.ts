// `GET /api/status`: what the gateway says of itself, without any credential.
import { useQuery } from '@tanstack/react-query'
import { z } from 'zod'
import { callGateway } from './request.ts'

const gatewayStatus = z.object({
  name: z.string(),
  version: z.string(),
  ready: z.boolean(),
  needsSetup: z.boolean(),
  database: z.enum(['embedded', 'server']),
  startedAt: z.iso.datetime({ offset: true }),
})
export type GatewayStatus = z.infer<typeof gatewayStatus>

export const statusQueryKey = ['status'] as const

/** A gateway that is still starting becomes ready within seconds; the page should notice by itself. */
const notReadyPollMs = 2_000

export function useGatewayStatus() {
  return useQuery({
    queryKey: statusQueryKey,
    queryFn: async ({ signal }) => callGateway({ path: '/api/status', data: gatewayStatus, signal }),
    refetchInterval: (query) => (query.state.data?.ready === false ? notReadyPollMs : false),
  })
}
