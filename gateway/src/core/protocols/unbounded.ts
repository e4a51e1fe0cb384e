// Parts of a request whose tokens or cost its bytes say nothing of. Each client protocol names its own; quotas decide what becomes
// of a request that has some.

/**
 * `tool`: the vendor's own, run while it answers; a translation leaves it out. `reference`: something that lies elsewhere, of any
 * size. `image`: one behind an address, which costs what one image can cost at most.
 */
export interface UnboundedPart {
  kind: 'tool' | 'reference' | 'image'
  /** As the client wrote it: "tools[2]". */
  field: string
  /** What the vendor calls the tool: "web_search". */
  tool?: string
}

const webAddress = /^https?:/i

export function isWebAddress(value: unknown): boolean {
  return typeof value === 'string' && webAddress.test(value)
}
