// The PRD's resource bindings (资源绑定): how a carpool group uses accounts. `bindingConfig` is one of these three shapes,
// chosen by `bindingMode`. In all of them a smaller `priority` number is used first.
import { z } from 'zod'
import { serviceType } from './service-type.ts'

/** More accounts than this in one binding is a mistake in a script, not a team. */
const boundAccountsMax = 1000
/** More than there are vendors. */
const poolsMax = 100
const priority = z.int().min(0).max(1_000_000)

export const dedicatedBinding = z.object({
  mode: z.literal('dedicated'),
  /** The group's own accounts, invisible to every other group. */
  accounts: z
    .array(z.object({ accountId: z.uuid(), serviceType, priority }))
    .min(1)
    .max(boundAccountsMax),
})

export const sharedBinding = z.object({
  mode: z.literal('shared'),
  /** One entry for each pool: all enabled shared accounts of the enterprise of that service type. */
  poolConfig: z
    .array(
      z.object({
        serviceType,
        /** Hard cap, in percent of the pool's capacity per minute, that this group may take. */
        maxUsagePercent: z.number().min(0).max(100),
        priority,
      }),
    )
    .min(1)
    .max(poolsMax),
})

export const hybridBinding = z.object({
  mode: z.literal('hybrid'),
  /** The group's own accounts, in the order in which they are used. */
  primaryAccounts: z.array(z.uuid()).min(1).max(boundAccountsMax),
  /** Where requests go when the own accounts are full, out or unable. */
  fallbackPools: z.array(z.object({ serviceType, priority })).max(poolsMax),
})

export const bindingConfig = z.discriminatedUnion('mode', [dedicatedBinding, sharedBinding, hybridBinding])
export type BindingConfig = z.infer<typeof bindingConfig>
export const bindingModes = ['dedicated', 'shared', 'hybrid'] as const
export type BindingMode = (typeof bindingModes)[number]

export const priorityLevels = ['high', 'medium', 'low'] as const
export type PriorityLevel = (typeof priorityLevels)[number]
