// Errors of OpenAI's that a fault script asks for by name, beyond those every vendor has (API reference, "Error codes").
import type { Reply, ReplyContext } from '../../vendor.ts'

const INVALID = 'invalid_request_error'

export const OPENAI_NAMED_ERRORS: Readonly<Record<string, (context: ReplyContext) => Reply>> = {
  'bad-gateway': () => error(502, 'Bad gateway.', 'cf_bad_gateway', 'bad_gateway'),
  'gateway-timeout': () => error(504, 'Gateway timeout.', 'cf_gateway_timeout', 'gateway_timeout'),
  'slow-down': () => error(503, 'Slow down. Your request rate increased too quickly.', 'server_error', 'slow_down'),
  'billing-limit': () => {
    const message = 'Billing hard limit has been reached.'
    return error(400, message, INVALID, 'billing_hard_limit_reached')
  },
  'model-not-found': () => {
    const message = 'The model does not exist or you do not have access to it.'
    return error(404, message, INVALID, 'model_not_found')
  },
  'context-length': ({ endpoint }) => {
    const message = 'Your input exceeds the context window of this model. Please adjust your input and try again.'
    return error(400, message, INVALID, 'context_length_exceeded', endpoint === 'responses' ? 'input' : 'messages')
  },
  'content-policy': () => {
    const message = 'Invalid prompt: your prompt was flagged as potentially violating our usage policy.'
    return error(400, message, INVALID, 'invalid_prompt')
  },
  'permission-denied': () => {
    const message = 'You have insufficient permissions for this operation. Missing scopes: model.request.'
    return error(403, message, INVALID, null)
  },
  'account-deactivated': () => {
    const message = 'The OpenAI account associated with this API key has been deactivated.'
    return error(401, message, INVALID, 'account_deactivated')
  },
}

function error(status: number, message: string, type: string, code: string | null, param: string | null = null): Reply {
  const body = JSON.stringify({ error: { message, type, param, code } }, null, 4)
  return { status, headers: { 'content-type': 'application/json; charset=utf-8' }, body }
}
