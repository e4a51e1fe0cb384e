// Clients that are a library: a program of a few lines stands for the user's own, and is run for each task.
import { fileURLToPath } from 'node:url'
import type { Client } from './client.ts'

interface Sdk extends Pick<Client, 'folder' | 'title' | 'packageName' | 'native' | 'setup'> {
  /** Which of its ways to the gateway, for one that has several; also the end of its name. */
  variant?: string
}

export function sdkClient({ variant, ...sdk }: Sdk): Client {
  const program = fileURLToPath(new URL(`${sdk.folder}/program.mjs`, import.meta.url))
  return {
    ...sdk,
    name: variant === undefined ? sdk.folder : `${sdk.folder}:${variant}`,
    kind: 'sdk',
    invoke: (job) => ({
      program: process.execPath,
      args: [program, JSON.stringify({ ...job, variant })],
      environment: {},
    }),
  }
}
