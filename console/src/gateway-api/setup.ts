// `POST /api/setup`: creates the enterprise and its first administrator, once, against the token of the first start.
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { z } from 'zod'
import { callGateway } from './request.ts'
import { statusQueryKey } from './status.ts'

/** As the gateway demands it; long passphrases are welcome, unbounded ones would cost hashing time. */
export const passwordLengthMin = 12
export const passwordLengthMax = 128
export const enterpriseNameLengthMax = 200

export interface SetupRequest {
  token: string
  enterpriseName: string
  email: string
  password: string
}

export function useSetup() {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: async (body: SetupRequest) => callGateway({ path: '/api/setup', data: z.unknown(), body }),
    onSuccess: async () => queryClient.invalidateQueries({ queryKey: statusQueryKey }),
  })
}
