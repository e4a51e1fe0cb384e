// Anthropic as the simulator knows it: where its endpoints are, how it authenticates, what its replies carry.
import type { IncomingHttpHeaders } from 'node:http'
import type { Problem } from '../../problem.ts'
import type { Endpoint, Model, Reading, ReplyContext, Vendor, WireRequest } from '../../vendor.ts'
import { bearerToken, singleHeader } from '../../vendor.ts'
import { claudeGeneration } from './messages-answer.ts'
import { refuseClaude } from './errors.ts'
import { readMessagesRequest } from './messages-request.ts'
import { CLAUDE_MODELS } from './models.ts'
import { claudeRateLimitHeaders } from './rate-limit-headers.ts'

/** Both are live: the first with SDKs before 1.0 and Claude Code, the second with SDKs since. */
const VERSIONS = ['2023-06-01', '2026-10-21', '2023-01-01']

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
}

function headerProblem(headers: IncomingHttpHeaders): Problem | null {
  const version = singleHeader(headers['anthropic-version'])
  if (version === null) return { kind: 'invalid-request', message: 'anthropic-version: header is required' }
  if (VERSIONS.includes(version)) return null
  return { kind: 'invalid-request', message: `anthropic-version: "${version}" is not a valid version` }
}

function endpoint(method: string, path: string): Endpoint | null {
  if (method === 'POST' && path === '/v1/messages') return { kind: 'generation', pathModel: null, read: readMessages }
  if (method !== 'GET') return null
  if (path === '/v1/models') return { kind: 'models', list: listModels }
  const id = /^\/v1\/models\/([^/]+)$/.exec(path)?.[1]
  return id === undefined ? null : { kind: 'model', id, show: (model) => JSON.stringify(modelObject(model)) }
}

function readMessages({ body, headers }: WireRequest): Reading {
  const request = readMessagesRequest(body, headers)
  return 'kind' in request ? { ok: false, problem: request } : { ok: true, generation: claudeGeneration(request) }
}

function modelObject(model: Model): object {
  return { type: 'model', id: model.id, display_name: model.id, created_at: '2026-01-01T00:00:00Z' }
}

function listModels(models: readonly Model[]): string {
  const data = models.map(modelObject)
  return JSON.stringify({ data, has_more: false, first_id: models[0]?.id ?? null, last_id: models.at(-1)?.id ?? null })
}

function replyHeaders(context: ReplyContext): Record<string, string> {
  return {
    'request-id': context.requestId,
    ...(context.account === null ? {} : { 'anthropic-organization-id': context.account.organisation }),
    ...claudeRateLimitHeaders(context.levels, context.nowMs),
  }
}
