// The PRD's `serviceType`: which vendor an account is of. A name, not a list: which vendors there are is told by the gateway's
// registry of providers, and whoever writes a service type has it checked there.
import { z } from 'zod'

export type ServiceType = string

/** Longer than any vendor's name; what is longer need not be repeated in a refusal. */
const lengthMax = 64

export const serviceType = z.string().min(1).max(lengthMax)
