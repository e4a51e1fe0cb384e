// Structured logging: one JSON object for each line on standard error, so that standard output stays free for what a
// command was asked to print. Owns the output and its redaction; no other file of the gateway writes logs.
import { pino } from 'pino'
import { redactFields, redactText } from './redact.ts'

export interface Log {
  debug(fields: Record<string, unknown>, message: string): void
  info(fields: Record<string, unknown>, message: string): void
  warn(fields: Record<string, unknown>, message: string): void
  error(fields: Record<string, unknown>, message: string): void
  /** A log that adds `bindings` to every line. */
  child(bindings: Record<string, unknown>): Log
}

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

export interface LogOptions {
  level: LogLevel
  /** Where lines go; standard error unless given. Written at once: a line about a crash must not wait in a buffer. */
  destination?: { write(line: string): void }
}

const standardErrorFd = 2

export function createLog(options: LogOptions): Log {
  const logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }), log: redactFields },
    },
    options.destination ?? pino.destination({ fd: standardErrorFd, sync: true }),
  )
  return wrap(logger)
}

type Writer = Pick<pino.Logger, 'debug' | 'info' | 'warn' | 'error' | 'child'>

function wrap(logger: Writer): Log {
  return {
    debug: (fields, message) => logger.debug(fields, redactText(message)),
    info: (fields, message) => logger.info(fields, redactText(message)),
    warn: (fields, message) => logger.warn(fields, redactText(message)),
    error: (fields, message) => logger.error(fields, redactText(message)),
    child: (bindings) => wrap(logger.child(redactFields(bindings))),
  }
}
