// DashScope's Anthropic-compatible endpoint (Model Studio, "Anthropic compatible - Messages"): the Messages wire for Qwen
// models, tolerant of fields it does not know. Input tokens are right only at the end of a stream, as with other vendors
// that serve this wire for models of their own.
import type { MessagesDialect, ModelRules } from '../../messages-wire/dialect.ts'
import { qwenMessagesError } from './errors.ts'
import { abilitiesOf } from './models.ts'

const EFFORTS: ReadonlySet<string> = new Set(['low', 'medium', 'high', 'max'])

export const QWEN_MESSAGES: MessagesDialect = {
  rules,
  refusesExtras: false,
  tellsInputFirst: false,
  // An entry of the explicit cache lives for five minutes (Model Studio, "Context cache").
  cachesForAnHour: false,
  errorBody: qwenMessagesError,
}

function rules(model: string): ModelRules {
  return {
    thinking: new Set(['enabled', 'adaptive', 'disabled']),
    // Model Studio's guide for Claude Code names qwen3-coder-plus, and that client always asks for thinking.
    ignoresThinking: abilitiesOf(model).thinking === 'never',
    sampling: true,
    samplingIsExclusive: false,
    prefill: true,
    forcedTools: true,
    efforts: EFFORTS,
    structuredOutput: false,
    showsThinking: true,
  }
}
