// Names of tools that stand in a namespace, as one name: other wires know no namespaces. The same pair always gives the same name,
// also where it was called in an earlier turn.

/** The shortest of the longest names that vendors accept. */
const nameCharsMax = 64
const foreignLetters = /[^a-zA-Z0-9_-]/g
const separator = '__'

export function flatName(namespace: string | undefined, name: string): string {
  if (namespace === undefined || namespace === '') return name
  const isSeparated = namespace.endsWith(separator) || name.startsWith(separator)
  const joined = `${namespace}${isSeparated ? '' : separator}${name}`
  const flat = joined.replace(foreignLetters, '_')
  if (flat.length <= nameCharsMax) return flat
  const mark = `_${hashOf(joined)}`
  return flat.slice(0, nameCharsMax - mark.length) + mark
}

/** FNV-1a: names that were cut alike stay apart. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}
