// Slots and probes: what is taken is given back, whatever becomes of the attempt.
import { describe, expect, it } from 'vitest'
import type { AccountId, GroupId } from '@aicarpool/contract'
import type { AccountView } from '../core/routing/snapshot.ts'
import { availability } from '../core/routing/health.ts'
import { createLive } from './live.ts'

const account = { id: 'a' as AccountId, version: 1 } as AccountView
const groupId = 'g' as GroupId
const failure = { kind: 'server-error', status: 500, code: undefined, message: '', retryAfterMs: undefined } as const

describe('RT9 a half-open circuit lets one probe through', () => {
  it('and the next one when the first ended without an outcome', () => {
    const live = createLive(() => undefined)
    for (let count = 0; count < 5; count += 1) live.failed(account, failure, 0)
    const { health } = live.stateOf(account)
    const laterMs = health.ejectedUntilMs
    expect(availability(health, laterMs - 1)).toBe('ejected')
    expect(availability(health, laterMs)).toBe('probe')
    live.begin(account, groupId, laterMs)
    expect(availability(health, laterMs)).toBe('ejected')
    live.end(account, groupId)
    expect(availability(health, laterMs)).toBe('probe')
    expect(live.activeTotal()).toBe(0)
    expect(live.activeRequests(groupId)).toBe(0)
  })
})
