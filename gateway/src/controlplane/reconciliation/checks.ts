// What must hold between the tables of money, as statements that look for what does not. Each recomputes by itself what the settler
// has added up, in one statement, so that it sees rows and sums of one moment. Numbered as in SPEC: RC.

export interface Check {
  name: string
  /** What it is about, for people. */
  what: string
  /** Answers (subject, expected, found) for everything that is wrong; $1 and $2: from when until when rows are looked at. */
  sql: string
}

/** Enough to see what is wrong; more would be the same again. */
const findingsMax = 100

const classes = [
  'input_tokens',
  'cache_read_tokens',
  'cache_write_5m_tokens',
  'cache_write_30m_tokens',
  'cache_write_1h_tokens',
  'cache_write_12h_tokens',
]
const sums = [
  ...classes,
  'output_tokens',
  'reasoning_tokens',
  'audio_input_tokens',
  'audio_output_tokens',
  'total_tokens',
]
const inputSum = classes.join(' + ')

const rowSums: Check = {
  name: 'row-sums',
  what: 'the sums of each row',
  sql: `SELECT id AS subject, (${inputSum} + output_tokens)::text AS expected, total_tokens::text AS found
    FROM usage_stats WHERE request_time >= $1 AND request_time < $2
      AND (request_tokens <> ${inputSum} OR response_tokens <> output_tokens OR total_tokens <> request_tokens + response_tokens
        OR cost < 0 OR reasoning_tokens > output_tokens)
    LIMIT ${findingsMax}`,
}

const slot = "date_bin('15 minutes', request_time, '2000-01-01T00:00:00Z'::timestamptz)"
const slotOf = slot.replace('request_time', '$1::timestamptz')
const nobody = "'00000000-0000-0000-0000-000000000000'::uuid"
const keys = 'slot_start, enterprise_id, group_id, account_id, user_id, key_id, model, service_type'
const told = (alias: string) =>
  `concat_ws(' ', ${alias}.attempts, 'attempts', ${alias}.requests, 'requests', ${alias}.cost, 'USD', ${sums.map((name) => `${alias}.${name}`).join(", '/', ")})`

const rollups: Check = {
  name: 'roll-ups',
  what: 'the quarters of an hour against their rows',
  sql: `WITH raw AS (
      SELECT ${slot} AS slot_start, enterprise_id, group_id, account_id, coalesce(user_id, ${nobody}) AS user_id, key_id,
        model_used AS model, service_type, count(*) AS attempts, count(*) FILTER (WHERE is_final) AS requests,
        count(*) FILTER (WHERE status = 'success') AS successes, sum(cost) AS cost,
        ${sums.map((name) => `sum(${name}) AS ${name}`).join(', ')}
      FROM usage_stats WHERE request_time >= ${slotOf} AND request_time < $2 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
    ), kept AS (SELECT * FROM usage_rollups WHERE slot_start >= ${slotOf} AND slot_start < $2)
    SELECT concat_ws(' ', coalesce(raw.slot_start, kept.slot_start), 'group', coalesce(raw.group_id, kept.group_id), 'account',
        coalesce(raw.account_id, kept.account_id), coalesce(raw.model, kept.model)) AS subject,
      ${told('raw')} AS expected, ${told('kept')} AS found
    FROM raw FULL JOIN kept USING (${keys})
    WHERE (raw.attempts, raw.requests, raw.successes, raw.cost, ${sums.map((name) => `raw.${name}`).join(', ')})
      IS DISTINCT FROM (kept.attempts, kept.requests, kept.successes, kept.cost, ${sums.map((name) => `kept.${name}`).join(', ')})
    LIMIT ${findingsMax}`,
}

/** Roll-ups outlive rows, so the totals of all times are held against them. */
const totals = (table: string, owner: string): Check => ({
  name: `totals-of-${owner}s`,
  what: `the totals of ${owner}s against their roll-ups`,
  sql: `SELECT '${owner} ' || owner.id AS subject,
      concat_ws(' ', coalesce(used.requests, 0), 'requests', coalesce(used.tokens, 0), 'tokens', coalesce(used.cost, 0), 'USD') AS expected,
      concat_ws(' ', owner.total_requests, 'requests', owner.total_tokens, 'tokens', owner.total_cost, 'USD') AS found
    FROM ${table} AS owner LEFT JOIN (
      SELECT ${owner}_id AS id, sum(requests) AS requests, sum(total_tokens) AS tokens, sum(cost) AS cost
      FROM usage_rollups GROUP BY 1
    ) AS used USING (id)
    WHERE $1::timestamptz < $2::timestamptz AND (owner.total_requests <> coalesce(used.requests, 0)
      OR owner.total_tokens <> coalesce(used.tokens, 0) OR owner.total_cost <> coalesce(used.cost, 0))
    LIMIT ${findingsMax}`,
})

const finals: Check = {
  name: 'one-final',
  what: 'that no request has two final attempts',
  sql: `SELECT 'request ' || request_id AS subject, '1 final attempt' AS expected, count(*) || ' final attempts' AS found
    FROM usage_stats WHERE request_time >= $1 AND request_time < $2 AND is_final GROUP BY request_id HAVING count(*) > 1 LIMIT ${findingsMax}`,
}

const tenants: Check = {
  name: 'tenants',
  what: 'that every row belongs to one enterprise in all its parts',
  sql: `SELECT u.id AS subject, 'group, account and key of enterprise ' || u.enterprise_id AS expected,
      concat_ws(' ', 'group of', g.enterprise_id, 'account of', a.enterprise_id, 'key of', k.enterprise_id) AS found
    FROM usage_stats u LEFT JOIN groups g ON g.id = u.group_id LEFT JOIN ai_service_accounts a ON a.id = u.account_id
      LEFT JOIN api_keys k ON k.id = u.key_id
    WHERE u.request_time >= $1 AND u.request_time < $2 AND (g.enterprise_id IS DISTINCT FROM u.enterprise_id
      OR a.enterprise_id IS DISTINCT FROM u.enterprise_id OR k.enterprise_id IS DISTINCT FROM u.enterprise_id)
    LIMIT ${findingsMax}`,
}

const alerts: Check = {
  name: 'one-alert',
  what: 'that a threshold is told once in each window',
  sql: `SELECT subject || ' ' || kind AS subject, '1 event' AS expected, count(*) || ' events' AS found
    FROM events WHERE at >= $1 AND at < $2 AND kind LIKE 'limit\\_%' GROUP BY events.subject, kind, detail->>'metric', detail->>'window', detail->>'windowStart'
    HAVING count(*) > 1 LIMIT ${findingsMax}`,
}

/** They look at the rows between `$1` and `$2` alone. */
export const recentChecks: readonly Check[] = [rowSums, rollups, finals, tenants, alerts]
export const allChecks: readonly Check[] = [
  ...recentChecks,
  totals('ai_service_accounts', 'account'),
  totals('groups', 'group'),
  totals('enterprises', 'enterprise'),
]
