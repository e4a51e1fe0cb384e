// The registry of everything the product refuses: stable code → HTTP status, whether repeating the same request can help,
// and what happened and what to do in both languages. Codes never change meaning. docs/errors.md lists every one.

interface ErrorEntry {
  status: number
  /** True when the very same request may succeed later; clients that retry by themselves are told so. */
  retryable: boolean
  en: string
  zh: string
  /** What the caller or an administrator can do about it. */
  remedyEn: string
  remedyZh: string
}

const entry = (status: number, retryable: boolean, en: string, zh: string, remedyEn: string, remedyZh: string) =>
  ({ status, retryable, en, zh, remedyEn, remedyZh }) satisfies ErrorEntry

export const errorRegistry = {
  // Who is calling
  missing_key: entry(
    401,
    false,
    'No API key was sent.',
    '请求没有携带密钥。',
    'Send the key as "Authorization: Bearer", "x-api-key" or "x-goog-api-key".',
    '请通过 "Authorization: Bearer"、"x-api-key" 或 "x-goog-api-key" 发送密钥。',
  ),
  invalid_key: entry(
    401,
    false,
    'The API key is not valid.',
    '密钥无效。',
    'Check the key for missing characters, or ask your group administrator for a new one.',
    '请检查密钥是否完整，或联系组管理员重新创建。',
  ),
  key_expired: entry(
    401,
    false,
    'The API key has expired.',
    '密钥已过期。',
    'Ask your group administrator for a new key.',
    '请联系组管理员更换密钥。',
  ),
  key_revoked: entry(
    401,
    false,
    'The API key has been revoked.',
    '密钥已被吊销。',
    'Ask your group administrator for a new key.',
    '请联系组管理员更换密钥。',
  ),
  group_mismatch: entry(
    403,
    false,
    'The key does not belong to this group.',
    '密钥不属于该拼车组。',
    'Send the groupId of the group that the key was created in.',
    '请使用密钥所属拼车组的 groupId。',
  ),
  group_inactive: entry(
    403,
    false,
    'The group is not active.',
    '拼车组未启用。',
    'Ask your enterprise administrator to activate the group.',
    '请联系企业管理员启用该拼车组。',
  ),
  enterprise_inactive: entry(
    403,
    false,
    'The enterprise is not active.',
    '企业未启用。',
    'Ask your system administrator to activate the enterprise.',
    '请联系系统管理员启用该企业。',
  ),
  // What is asked
  not_found: entry(
    404,
    false,
    'There is nothing at this address.',
    '请求的地址不存在。',
    'Check the path; the documentation lists all routes.',
    '请检查请求路径，文档中列出了全部接口。',
  ),
  method_not_allowed: entry(
    405,
    false,
    'This address does not take this method.',
    '该地址不支持此请求方法。',
    'Model calls are POST requests.',
    '模型调用请使用 POST 方法。',
  ),
  invalid_json: entry(
    400,
    false,
    'The body is not valid JSON.',
    '请求体不是合法的 JSON。',
    'Send one complete JSON object.',
    '请发送一个完整的 JSON 对象。',
  ),
  invalid_request: entry(
    400,
    false,
    'The request is not valid.',
    '请求参数不合法。',
    'Correct the field that the message names.',
    '请按提示修正对应字段。',
  ),
  unsupported_content_type: entry(
    415,
    false,
    'The body must be application/json.',
    '请求体必须是 application/json。',
    'Set "content-type: application/json" and send the body uncompressed.',
    '请设置 "content-type: application/json"，且不要压缩请求体。',
  ),
  body_too_large: entry(
    413,
    false,
    'The body is too large.',
    '请求体过大。',
    'Send a smaller request.',
    '请缩小请求内容。',
  ),
  body_too_deep: entry(
    400,
    false,
    'The body is nested too deeply.',
    '请求体嵌套过深。',
    'Send a flatter JSON document.',
    '请减少 JSON 的嵌套层数。',
  ),
  body_incomplete: entry(
    400,
    false,
    'The body ended before it was complete.',
    '请求体不完整。',
    'Send the whole body, with the right content-length.',
    '请发送完整的请求体及正确的 content-length。',
  ),
  request_timeout: entry(
    408,
    true,
    'The body did not arrive in time.',
    '请求体接收超时。',
    'Send the request again.',
    '请重新发送请求。',
  ),
  model_not_supported: entry(
    404,
    false,
    'No account of this group serves this model.',
    '该拼车组没有可提供此模型的账号。',
    'Choose one of the models listed at /api/keys/self, or ask your administrator to add one.',
    '请从 /api/keys/self 中选择模型，或联系管理员添加。',
  ),
  model_not_allowed: entry(
    403,
    false,
    'This key may not use this model.',
    '该密钥无权使用此模型。',
    'Choose an allowed model, or ask your group administrator.',
    '请选择允许的模型，或联系组管理员。',
  ),
  protocol_not_served: entry(
    400,
    false,
    'No account of this group speaks the protocol of this request.',
    '该拼车组没有支持此协议的账号。',
    'Call the protocol of the accounts that the group has, or POST /api/ai/chat, which any account serves.',
    '请改用该组账号支持的协议，或使用 POST /api/ai/chat。',
  ),
  not_translatable: entry(
    400,
    false,
    'The account that would serve speaks another protocol, and a part of the request has no counterpart in it.',
    '可用账号使用另一种协议，请求中的某一部分无法转换。',
    'Leave out the field that the message names, or choose a model whose account speaks your protocol.',
    '请去掉提示中的字段，或选择使用同一协议账号的模型。',
  ),
  stored_elsewhere: entry(
    400,
    false,
    'The request refers to an earlier answer that is stored at one account, and it is not known which one.',
    '该请求引用了之前存储在某个账号中的回答，但无法确定是哪个账号。',
    'Send the whole conversation instead: with "store": false, and "reasoning.encrypted_content" in "include".',
    '请改为发送完整对话：设置 "store": false，并在 "include" 中加入 "reasoning.encrypted_content"。',
  ),
  context_too_long: entry(
    400,
    false,
    'The conversation is too long for this model.',
    '对话内容超出该模型的上下文长度。',
    'Shorten the conversation, or choose a model with a larger context window.',
    '请缩短对话，或选择上下文更长的模型。',
  ),
  no_account_bound: entry(
    403,
    false,
    'No AI account is bound to this group.',
    '该拼车组没有绑定任何 AI 账号。',
    'Ask your enterprise administrator to bind accounts to the group.',
    '请联系企业管理员为该组绑定账号。',
  ),
  // Money
  quota_exceeded: entry(
    429,
    false,
    'Quota exceeded: a limit is used up.',
    '配额已用完。',
    'Wait until the limit resets, or ask your administrator to raise it.',
    '请等待配额重置，或联系管理员提高配额。',
  ),
  throttled: entry(
    429,
    true,
    'Too many requests or tokens in this minute.',
    '请求过于频繁，已达每分钟限流上限。',
    'Wait for the time that "retry-after" says, or ask your administrator to raise the pace.',
    '请按 "retry-after" 等待后重试，或联系管理员提高限流上限。',
  ),
  not_bounded: entry(
    400,
    false,
    'What the request may consume cannot be known beforehand, and a hard limit applies.',
    '无法预估该请求的用量，而此请求受硬性配额限制。',
    'Leave out the part that is named, or ask your administrator to let the group accept overruns.',
    '请去掉所指出的部分，或联系管理员为该组开启“接受超额”。',
  ),
  limit_uncounted: entry(
    503,
    true,
    'What is left of a new limit is not known yet.',
    '新配额的已用量尚未统计完成。',
    'Try again in a second; if it persists, the gateway cannot write usage to its database.',
    '请稍后重试；若问题持续，说明网关无法将用量写入数据库。',
  ),
  idempotency_mismatch: entry(
    422,
    false,
    'Another request was sent under this idempotency key.',
    '该幂等键已用于另一个不同的请求。',
    'Use a new key for each request, and the same one only for sending the very same request again.',
    '请为每个请求使用新的幂等键；仅在重发完全相同的请求时复用。',
  ),
  idempotency_in_progress: entry(
    409,
    true,
    'The same request is still running.',
    '相同的请求仍在处理中。',
    'Wait for its answer, or ask again after the time in "retry-after".',
    '请等待其完成，或在 "retry-after" 指定的时间后重试。',
  ),
  idempotency_completed: entry(
    409,
    false,
    'The same request has been served already.',
    '相同的请求已处理完成。',
    'Look it up by the request id that is named, or use a new idempotency key to have it answered once more.',
    '请按给出的请求 ID 查询；如需再次获得回答，请使用新的幂等键。',
  ),
  model_unpriced: entry(
    403,
    false,
    'The model has no price, and a budget applies.',
    '该模型没有价格，而此请求受预算限制。',
    'Ask your administrator to give the model a price.',
    '请联系管理员为该模型设置价格。',
  ),
  // The providers
  accounts_unavailable: entry(
    503,
    true,
    'No account can serve this request right now.',
    '当前没有可用账号。',
    'Try again after the time in "retry-after".',
    '请在 "retry-after" 指定的时间后重试。',
  ),
  accounts_rate_limited: entry(
    429,
    true,
    'All accounts are at their rate limits.',
    '所有账号均已达到速率上限。',
    'Try again after the time in "retry-after".',
    '请在 "retry-after" 指定的时间后重试。',
  ),
  upstream_rejected: entry(
    400,
    false,
    'The provider rejected the request.',
    '上游服务拒绝了该请求。',
    'Correct the request as the message says.',
    '请按提示修正请求。',
  ),
  upstream_failed: entry(502, true, 'The provider failed to answer.', '上游服务响应失败。', 'Try again.', '请重试。'),
  upstream_timeout: entry(
    504,
    true,
    'The provider did not answer in time.',
    '上游服务响应超时。',
    'Try again.',
    '请重试。',
  ),
  upstream_cut: entry(
    502,
    true,
    'The provider ended its answer before it was complete.',
    '上游服务的回答在完成前中断。',
    'Send the request again; what was received is billed.',
    '请重新发送请求；已接收的部分会计费。',
  ),
  // The gateway itself
  not_set_up: entry(
    503,
    false,
    'This gateway has not been set up yet.',
    '网关尚未完成初始化。',
    'Open the console and enter the set-up token printed at the first start.',
    '请打开控制台，输入首次启动时打印的初始化令牌。',
  ),
  setup_done: entry(
    409,
    false,
    'This gateway is already set up.',
    '网关已完成初始化。',
    'Log in as an administrator.',
    '请使用管理员账号登录。',
  ),
  setup_token_invalid: entry(
    403,
    false,
    'The set-up token is not valid.',
    '初始化令牌无效。',
    'Use the token that the gateway printed at its start.',
    '请使用网关启动时打印的令牌。',
  ),
  too_many_requests: entry(
    429,
    true,
    'Too many requests from this address.',
    '来自该地址的请求过多。',
    'Try again after the time in "retry-after".',
    '请在 "retry-after" 指定的时间后重试。',
  ),
  journal_unavailable: entry(
    503,
    true,
    'The gateway cannot record usage right now, so it takes no requests.',
    '网关暂时无法记录用量，因此不接受请求。',
    'Free space on the disk of the data directory.',
    '请检查数据目录所在磁盘的空间。',
  ),
  overloaded: entry(
    503,
    true,
    'The gateway is at its limit of concurrent requests.',
    '网关并发请求已达上限。',
    'Try again shortly.',
    '请稍后重试。',
  ),
  shutting_down: entry(
    503,
    true,
    'The gateway is shutting down.',
    '网关正在关闭。',
    'Try again shortly.',
    '请稍后重试。',
  ),
  internal: entry(
    500,
    true,
    'Something went wrong inside the gateway.',
    '网关内部错误。',
    'Try again; if it persists, give the request id to your administrator.',
    '请重试；若问题持续，请将请求编号提供给管理员。',
  ),
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof errorRegistry

export interface AppErrorOptions {
  /** What exactly is wrong, in one English sentence; appended to the registry's message. Never holds a secret. */
  detail?: string
  /** When to try again, in milliseconds from now. */
  retryAfterMs?: number
  /** The field of the request at fault, as a path. */
  field?: string
  /** Headers that belong to the refusal, lower case. */
  headers?: Readonly<Record<string, string>>
  cause?: unknown
}

/** A refusal to a caller. Anything else that is thrown is a bug and is answered as `internal`. */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: ErrorCode
  readonly status: number
  readonly retryable: boolean
  readonly retryAfterMs: number | undefined
  readonly field: string | undefined
  /** Headers that belong to the refusal, lower case. */
  readonly headers: Readonly<Record<string, string>> | undefined

  constructor(code: ErrorCode, options: AppErrorOptions = {}) {
    const registered = errorRegistry[code]
    super(options.detail === undefined ? registered.en : `${registered.en} ${options.detail}`, { cause: options.cause })
    this.code = code
    this.status = registered.status
    this.retryable = registered.retryable
    this.retryAfterMs = options.retryAfterMs
    this.field = options.field
    this.headers = options.headers
  }
}
