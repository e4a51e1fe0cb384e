// What each client is put through on each vendor's accounts, and how it is known that it went well: by what the client printed, by
// what its tool has done, and by the books of the simulator and the gateway.
import type { ServiceType } from '@aicarpool/contract'
import type { TestGateway, UsageRow } from '../../gateway/test/support/test-gateway.ts'
import type { Client, Task } from './client.ts'
import type { House } from './house.ts'

/** What is known of a run that has ended. */
export interface Evidence {
  client: Client
  mark: string
  exitCode: number | null
  isOverdue: boolean
  /** Standard output and error. */
  output: string
  /** What stands in `made.txt`. */
  made: string | undefined
  /** Answers that providers billed for it, and the attempts of the gateway. */
  billed: ReturnType<TestGateway['simulator']['ledger']>
  rows: readonly UsageRow[]
}

export interface Scenario {
  id: string
  title: string
  task: Task
  keyFor(house: House, serviceType: ServiceType): Promise<string>
  /** What went wrong; undefined when all is well. */
  problem(evidence: Evidence): string | undefined
}

const ended = ({ isOverdue, exitCode }: Evidence): string | undefined => {
  if (isOverdue) return 'it did not end'
  return exitCode === 0 ? undefined : `it ended with code ${exitCode}`
}

const answered = (evidence: Evidence): string | undefined => {
  const problem = ended(evidence)
  if (problem !== undefined) return problem
  if (!evidence.output.includes(evidence.mark)) return 'the answer is not what the model said'
  return evidence.billed.length === 0 ? 'no provider has answered' : undefined
}

const openGroup = (house: House, serviceType: ServiceType) => house.openGroup(serviceType)

export const scenarios: readonly Scenario[] = [
  { id: 'plain', title: 'plain answer', task: 'plain', keyFor: openGroup, problem: answered },
  {
    id: 'streamed',
    title: 'streamed answer',
    task: 'streamed',
    keyFor: openGroup,
    problem: (evidence) =>
      answered(evidence) ?? (evidence.billed.some(({ streamed }) => streamed) ? undefined : 'it was not streamed'),
  },
  {
    id: 'tools',
    title: 'tool loop',
    task: 'tools',
    keyFor: openGroup,
    problem(evidence) {
      const problem = ended(evidence)
      if (problem !== undefined) return problem
      if (evidence.made !== evidence.mark) return 'the tool has not run with its arguments'
      return evidence.billed.length < 2 ? 'the model was not told of the result' : undefined
    },
  },
  {
    id: 'failover',
    title: '429 failed over',
    task: 'streamed',
    keyFor: (house, serviceType) => house.throttledGroup(serviceType),
    problem(evidence) {
      const problem = answered(evidence)
      if (problem !== undefined) return problem
      const failed = evidence.rows.filter((row) => row.status !== 'success')
      if (failed.length === 0) return 'no account was rate-limited'
      return failed.some((row) => row.is_final) ? 'the client was told of the failure' : undefined
    },
  },
  {
    id: 'refusal',
    title: 'refusal shown',
    task: 'plain',
    keyFor: (house, serviceType) => house.spentGroup(serviceType),
    problem({ client, isOverdue, output, billed }) {
      if (isOverdue) return 'it did not end'
      if (billed.length > 0) return 'a provider has answered'
      const words = client.quotaWords ?? 'limit on tokens of this group'
      return output.includes(words) ? undefined : 'the reason is not shown'
    },
  },
]
