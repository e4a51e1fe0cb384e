// Web search as the vendor does it by itself, within one answer: the call, its results, and what both cost ("Web search
// tool" guide). It happens where the request offers the tool and the prompt asks for it (directives.ts).
import { createHash } from 'node:crypto'
import { findSearches } from '../directives.ts'
import type { JsonRecord } from '../json.ts'
import { isRecord } from '../json.ts'
import type { Prompt } from '../prompt.ts'
import type { Answer } from '../vendor.ts'

/** Results come back long; a recorded answer grew from 2,068 input tokens to 22,397. */
const TOKENS_PER_SEARCH = 900
const SEARCHES_MAX = 10
const RESULTS = 2

export interface SearchBlocks {
  call: { type: string; id: string; name: string; input: JsonRecord }
  result: object
}

/** What the prompt gains by it; nothing where no search tool is on offer or none is asked for. */
export function searchesOf(request: JsonRecord, lastUserText: string): Pick<Prompt, 'searches'> {
  const tools = Array.isArray(request['tools']) ? request['tools'].filter(isRecord) : []
  const tool = tools.find(({ type }) => typeof type === 'string' && type.startsWith('web_search_'))
  const asked = findSearches({ blocks: [], lastUserText })
  if (tool === undefined || asked === 0) return {}
  const allowed = typeof tool['max_uses'] === 'number' ? tool['max_uses'] : SEARCHES_MAX
  const count = Math.min(asked, allowed, SEARCHES_MAX)
  return { searches: { count, tokens: count * TOKENS_PER_SEARCH } }
}

export function searchBlocks(answer: Answer): SearchBlocks[] {
  return Array.from({ length: answer.usage.webSearches }, (_, index) => {
    const id = `srvtoolu_01${digest(`${answer.id} ${index}`).slice(0, 22)}`
    const query = `simulated search ${index + 1}`
    return {
      call: { type: 'server_tool_use', id, name: 'web_search', input: { query } },
      result: { type: 'web_search_tool_result', tool_use_id: id, content: results(query) },
    }
  })
}

function results(query: string): object[] {
  return Array.from({ length: RESULTS }, (_, index) => ({
    type: 'web_search_result',
    url: `https://example.com/${digest(query).slice(0, 8)}/${index}`,
    title: `Result ${index + 1} of ${query}`,
    encrypted_content: digest(`${query} ${index}`),
    page_age: null,
  }))
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
