// What each client is put through on each vendor's accounts, and how it is known that it went well: by what the client printed, by
// what its tool has done, by the answers that it was given, and by the vendors' own books.
import type { Client, Task } from './client.ts'
import type { AnsweredCall } from './doorway.ts'
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
  /** What the gateway answered it. */
  calls: readonly AnsweredCall[]
  /** What providers answered the gateway. */
  ledger: ReturnType<House['simulator']['ledger']>
}

export interface Scenario {
  id: string
  title: string
  task: Task
  /** In place of one that the account serves. */
  model?: string
  keyFor(house: House, serviceType: string): string
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
  return goodAnswers(evidence) === 0 ? 'no provider has answered' : undefined
}

const goodAnswers = ({ ledger }: Evidence) => ledger.filter(({ outcome }) => outcome === 'ok').length

/** The AI SDK asks three times whatever it is told, Claude Code for two models; more would be a loop. */
const refusedCallsMax = 4

const refused = (evidence: Evidence, words: string): string | undefined => {
  if (evidence.isOverdue) return 'it did not end'
  if (evidence.exitCode === 0) return 'it ended as if all were well'
  if (goodAnswers(evidence) > 0) return 'a provider has answered'
  if (!evidence.output.includes(words)) return 'the reason is not shown'
  const refusals = evidence.calls.filter(({ status }) => status >= 400).length
  return refusals === 0 || refusals > refusedCallsMax ? `it was refused ${refusals} times` : undefined
}

const openGroup = (house: House, serviceType: string) => house.openGroup(serviceType)

export const scenarios: readonly Scenario[] = [
  { id: 'plain', title: 'plain answer', task: 'plain', keyFor: openGroup, problem: answered },
  {
    id: 'streamed',
    title: 'streamed answer',
    task: 'streamed',
    keyFor: openGroup,
    problem: (evidence) =>
      answered(evidence) ?? (evidence.calls.some(({ isStream }) => isStream) ? undefined : 'it was not streamed'),
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
      return goodAnswers(evidence) < 2 ? 'the model was not told of the result' : undefined
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
      if (!evidence.ledger.some(({ status }) => status === 429)) return 'no account was rate-limited'
      const seen = evidence.calls.find(({ status }) => status >= 400 || status === 0)
      return seen === undefined ? undefined : `the client was answered ${seen.status}`
    },
  },
  {
    id: 'refusal',
    title: 'refusal shown',
    task: 'plain',
    keyFor: (house, serviceType) => house.spentGroup(serviceType),
    problem: (evidence) => refused(evidence, evidence.client.quotaWords ?? 'limit on tokens of this group'),
  },
  {
    id: 'model',
    title: 'unknown model shown',
    task: 'plain',
    model: 'no-such-model',
    keyFor: openGroup,
    problem: (evidence) => refused(evidence, evidence.client.modelWords ?? 'serves this model'),
  },
]
