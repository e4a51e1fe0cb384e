// Errors of DashScope's that a fault script asks for by name, beyond those every vendor has (Model Studio, "Error
// messages").
import type { Reply, ReplyContext } from '../../vendor.ts'
import { qwenReply } from './errors.ts'

type NamedError = (context: ReplyContext) => Reply

export const QWEN_NAMED_ERRORS: Readonly<Record<string, NamedError>> = {
  arrearage: named(400, 'Arrearage', 'Access denied, please make sure your account is in good standing.'),
  'free-quota-exhausted': named(
    403,
    'AllocationQuota.FreeTierOnly',
    'The free tier of the model has been exhausted. To keep using it, please disable the "use free tier only" mode.',
  ),
  'rate-quota': named(429, 'Throttling.RateQuota', 'Requests rate limit exceeded, please try again later.'),
  'allocation-quota': named(
    429,
    'Throttling.AllocationQuota',
    'Allocated quota exceeded, please increase your quota limit.',
  ),
  burst: named(
    429,
    'limit_burst_rate',
    'Request rate increased too quickly. To ensure system stability, please adjust your client logic to scale requests more smoothly over time.',
  ),
  'data-inspection': named(400, 'data_inspection_failed', 'Output data may contain inappropriate content.'),
  'model-access-denied': named(403, 'Model.AccessDenied', 'Model access denied.'),
  timeout: named(500, 'RequestTimeOut', 'Request timed out, please try again later.'),
}

function named(status: number, code: string, message: string): NamedError {
  return (context) => qwenReply({ status, code, message }, context)
}
