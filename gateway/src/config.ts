// The gateway's configuration: the only reader of the environment. Owns reading, refusing and printing; what may be set is
// the table in config/variables.ts. Read once, by the command line.
import { type Settings, variables } from './config/variables.ts'

export interface Config extends Settings {
  /** Things that do not stop a start but are probably not meant, such as a misspelt variable. For the log. */
  warnings: readonly string[]
}

/** All that is wrong with the environment, one line for each variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly code = 'config_invalid'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`The configuration is not valid:\n${problems.map((problem) => `  ${problem}`).join('\n')}`)
    this.problems = problems
  }
}

export type Environment = Readonly<Record<string, string | undefined>>
/** What command-line options put in the place of the environment. */
export type ConfigOverrides = { readonly [Field in keyof Settings]?: Settings[Field] | undefined }

/** Throws ConfigError listing every variable at fault. An empty variable counts as absent, as in most shells' scripts. */
export function loadConfig(environment: Environment = process.env, overrides: ConfigOverrides = {}): Config {
  const values: Record<string, unknown> = { masterKeys: [] }
  const problems: string[] = []
  for (const variable of variables) {
    const overridden = overrides[variable.field]
    const text = environment[variable.name] || variable.default
    if (overridden !== undefined) values[variable.field] = overridden
    else if (text !== undefined) {
      const parsed = variable.schema.safeParse(text.trim())
      // Never the value itself: it may be a secret, or a secret put into the wrong variable.
      if (parsed.success) values[variable.field] = parsed.data
      else problems.push(`${variable.name} ${parsed.error.issues[0]?.message ?? 'is not valid'}.`)
    }
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return {
    databaseUrl: undefined,
    keyPepper: undefined,
    ...values,
    warnings: findTypos(environment),
  } as unknown as Config
}

/** One line for each setting, with secrets replaced, in the order of the table. */
export function printConfig(config: Config): string {
  return variables.map(({ name, field }) => `${name}=${printValue(config[field])}`).join('\n')
}

function printValue(value: Config[keyof Config]): string {
  if (Array.isArray(value)) return value.join(',')
  return value === undefined ? '' : String(value)
}

const ownPrefix = 'AICARPOOL_'

function findTypos(environment: Environment): string[] {
  const known = variables.map((variable) => variable.name)
  return Object.keys(environment)
    .filter((name) => name.startsWith(ownPrefix) && !known.includes(name))
    .map((name) => {
      const nearest = known
        .filter((other) => other.startsWith(ownPrefix))
        .toSorted((a, b) => distance(name, a) - distance(name, b))[0]
      return `${name} is not a setting of this program and has no effect. Did you mean ${nearest}?`
    })
}

/** Levenshtein distance, one row at a time. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[b.length] as number
}
