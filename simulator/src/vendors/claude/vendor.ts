// Anthropic as the simulator knows it: where its endpoints are, how it authenticates, what its replies carry.
import type { IncomingHttpHeaders } from 'node:http'
import type { MessagesDialect } from '../../messages-wire/dialect.ts'
import { readCount, readMessages } from '../../messages-wire/messages.ts'
import type { Problem } from '../../problem.ts'
import type { Endpoint, ReplyContext, Vendor } from '../../vendor.ts'
import { bearerToken, singleHeader } from '../../vendor.ts'
import { claudeErrorBody, refuseClaude } from './errors.ts'
import { listModels, showModel } from './model-listing.ts'
import { CLAUDE_MODELS, claudeRules } from './models.ts'
import { CLAUDE_NAMED_ERRORS } from './named-errors.ts'
import { claudeRateLimitHeaders } from './rate-limit-headers.ts'

/** Both are live: the first with SDKs before 1.0 and Claude Code, the second with SDKs since. */
const VERSIONS = ['2023-06-01', '2026-10-21', '2023-01-01']

const DIALECT: MessagesDialect = {
  rules: claudeRules,
  refusesExtras: true,
  tellsInputFirst: true,
  cachesForAnHour: true,
  errorBody: claudeErrorBody,
}

export const claude: Vendor = {
  name: 'claude',
  models: CLAUDE_MODELS,
  caching: 'marked',
  // "Workspace-level isolation" since 2026-02-05 (Anthropic prompt caching guide).
  cacheScope: 'workspace',
  tokenLimits: 'separate',
  // Cache reads do not count towards input tokens per minute (Anthropic rate limits page).
  cacheReadsAreLimited: false,
  credential: (headers) => singleHeader(headers['x-api-key']) ?? bearerToken(headers),
  headerProblem,
  endpoint,
  requestId: (random) => `req_011C${random.alphanumeric(20)}`,
  responseId: (random) => `msg_01${random.alphanumeric(22)}`,
  replyHeaders,
  refuse: refuseClaude,
  namedErrors: CLAUDE_NAMED_ERRORS,
}

function headerProblem(headers: IncomingHttpHeaders): Problem | null {
  const version = singleHeader(headers['anthropic-version'])
  if (version === null) return { kind: 'invalid-request', message: 'anthropic-version: header is required' }
  if (VERSIONS.includes(version)) return null
  return { kind: 'invalid-request', message: `anthropic-version: "${version}" is not a valid version` }
}

function endpoint(method: string, path: string, query: URLSearchParams): Endpoint | null {
  if (method === 'POST') return postEndpoint(path)
  if (method !== 'GET') return null
  if (path === '/v1/models') return { kind: 'models', list: (models) => listModels(models, query) }
  const id = /^\/v1\/models\/([^/]+)$/.exec(path)?.[1]
  return id === undefined ? null : { kind: 'model', id, show: showModel }
}

function postEndpoint(path: string): Endpoint | null {
  const reading = { kind: 'generation', pathModel: null } as const
  if (path === '/v1/messages') {
    return { ...reading, name: 'messages', read: (request) => readMessages(request, DIALECT) }
  }
  if (path !== '/v1/messages/count_tokens') return null
  return { ...reading, name: 'count-tokens', faultsAs: 'count', read: (request) => readCount(request, DIALECT) }
}

function replyHeaders(context: ReplyContext): Record<string, string> {
  return {
    'request-id': context.requestId,
    ...(context.account === null ? {} : { 'anthropic-organization-id': context.account.organisation }),
    ...claudeRateLimitHeaders(context.levels, context.nowMs),
  }
}
