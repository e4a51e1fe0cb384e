// Names of tools that stand in a namespace, as one name: other wires know no namespaces. The same pair always gives the same name,
// also where it was called in an earlier turn.
import { portableName } from '../tool-names.ts'

const separator = '__'

export function flatName(namespace: string | undefined, name: string): string {
  if (namespace === undefined || namespace === '') return name
  const isSeparated = namespace.endsWith(separator) || name.startsWith(separator)
  return portableName(`${namespace}${isSeparated ? '' : separator}${name}`)
}
