// One line of the doctor's report. Owns its form; the checks fill it.
import { redactText } from '../../platform/redact.ts'

export interface Finding {
  level: 'ok' | 'warn' | 'fail'
  name: string
  finding: string
  /** Always there for `warn` and `fail`. */
  remedy?: string
}

export const ok = (name: string, finding: string): Finding => ({ level: 'ok', name, finding })
export const warn = (name: string, finding: string, remedy: string): Finding => ({
  level: 'warn',
  name,
  finding,
  remedy,
})
export const fail = (name: string, finding: string, remedy: string): Finding => ({
  level: 'fail',
  name,
  finding,
  remedy,
})

const levelWidth = 4
const nameWidth = 16

/** One line, whatever the finding holds, and without secrets: reports are pasted into tickets. */
export function renderFinding({ level, name, finding, remedy }: Finding): string {
  const line = `${level.padEnd(levelWidth)}  ${name.padEnd(nameWidth)}  ${finding}${remedy === undefined ? '' : `  → ${remedy}`}`
  return redactText(line.replaceAll(/\s*\n\s*/g, '; '))
}

/** What an error says, for a finding. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown reason'
  const code =
    'code' in error && typeof error.code === 'string' && !error.message.includes(error.code) ? ` (${error.code})` : ''
  return (error.message || error.name) + code
}
