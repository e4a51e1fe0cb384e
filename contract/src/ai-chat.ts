// The PRD's unified call, `POST /api/ai/chat`: its request and response with exactly the PRD's fields, and the events of
// its stream (server-sent events named `delta`, `done` and `error`).
import { z } from 'zod'
import { serviceType, type ServiceType } from './service-type.ts'

/** Longer conversations do not fit any model's context window; the body limit is reached far earlier in practice. */
const messagesMax = 100_000
const modelNameMax = 200

export const aiChatRequest = z.strictObject({
  groupId: z.string().min(1),
  messages: z
    .array(z.strictObject({ role: z.enum(['user', 'assistant', 'system']), content: z.string() }))
    .min(1)
    .max(messagesMax),
  /** Absent: any account of the group's binding may serve, in the binding's order. */
  serviceType: serviceType.optional(),
  /** Absent: the chosen account's current model. */
  model: z.string().min(1).max(modelNameMax).optional(),
  maxTokens: z.int().min(1).max(10_000_000).optional(),
  temperature: z.number().min(0).max(2).optional(),
  stream: z.boolean().optional(),
})
export type AiChatRequest = z.infer<typeof aiChatRequest>

export interface AiChatUsage {
  /** All input, tokens read from and written to the provider's prompt cache included. */
  promptTokens: number
  completionTokens: number
  totalTokens: number
}

export interface AiChatResult {
  message: { role: 'assistant'; content: string }
  usage: AiChatUsage
  /** USD. */
  cost: number
  accountUsed: { id: string; name: string; serviceType: ServiceType }
}

/** The body of a plain answer. A refusal carries `error` for people and `code` for programs. */
export type AiChatResponse = { success: true; data: AiChatResult } | { success: false; error: string; code: string }
