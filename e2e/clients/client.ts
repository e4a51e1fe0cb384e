// What a client is to the matrix: something that is installed from npm in a folder of its own, told where the gateway is, and
// given a task. The task's words come from scenarios.ts; what the client prints is all that is known of how it went.
import type { ServiceType } from '@aicarpool/contract'

/** `plain` and `streamed`: one answer. `tools`: the model has a file written by a tool, sees its result, and answers. */
export const tasks = ['plain', 'streamed', 'tools'] as const
export type Task = (typeof tasks)[number]

export interface Job {
  task: Task
  /** The gateway's address, without a path. */
  baseUrl: string
  key: string
  model: string
  /** A word that nobody else says. The answer is to repeat it; the tool is to write it into `made.txt` in the work folder. */
  mark: string
}

/** Where a client runs: a work folder of its own, a home of its own, and nothing of the user's environment. */
export interface Place {
  work: string
  home: string
  /** Its packages: "…/node_modules". */
  modules: string
}

export interface Invocation {
  program: string
  args: readonly string[]
  environment: Record<string, string>
}

export interface Client {
  /** As on the command line. */
  name: string
  /** Its folder beside this file, with the package.json that pins its version. */
  folder: string
  /** For docs/clients.md. */
  title: string
  /** The package whose version is named there. */
  packageName: string
  /** Whose accounts it is made for. */
  native: ServiceType
  /** An SDK, in a program of a few lines, or a command-line tool. */
  kind: 'sdk' | 'tool'
  /** Written before it starts: paths below its home, with their texts. */
  homeFiles?(job: Job): Record<string, string>
  invoke(job: Job, place: Place): Invocation
  /** What it says of a quota that is used up, where it says that in words of its own. */
  quotaWords?: string
  /** The same of a model that nobody serves. */
  modelWords?: string
  /** How a user configures it, as a fenced block of Markdown. */
  setup: string
}
