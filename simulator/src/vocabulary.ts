// The words answers are made of. Each entry is exactly one token (token-count.ts): English words of at most eight
// letters, which a space precedes, and single Chinese characters, so that multi-byte characters cross chunk boundaries.

export const ENGLISH_WORDS: readonly string[] = (
  'account answer balance budget cache carpool channel choice cluster commit counter credit cursor deliver demand ' +
  'editor engine event fair figure fleet flow gateway group growth header index journal key latency ledger letter ' +
  'limit margin measure member meter model network number office order packet pool prefix price prompt queue quota ' +
  'rate reader reply request reserve route sample season session settle share signal stream table team ticket token ' +
  'traffic usage vendor version wallet window worker the a of and to in for with is are one two each every some'
).split(' ')

export const CHINESE_CHARACTERS: readonly string[] = Array.from(
  '拼车组成员账号配额预占结算请求模型回答价格企业部门网关路由缓存流量用量今天我们可以一起共享资源按需分摊成本',
)

/** How an English sentence ends, and a Chinese one. */
export const ENGLISH_STOP = '.'
export const CHINESE_STOP = '。'
