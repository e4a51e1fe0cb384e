-- What was consumed: one row per attempt, by month, and the 15-minute sums that dashboards read.
--
-- The foreign keys that keep money's rows from losing what they point at are on usage_rollups: every usage row is
-- rolled up in the transaction that inserts it. On usage_stats itself they would be checked once per row, which
-- measured 26 of 60 microseconds of the embedded engine's time per row.

CREATE TABLE usage_stats (
  id text GENERATED ALWAYS AS (request_id::text || '-' || attempt::text) STORED,
  request_id uuid NOT NULL,
  attempt smallint NOT NULL CHECK (attempt >= 0),
  is_final boolean NOT NULL,
  enterprise_id uuid NOT NULL,
  department_id uuid,
  group_id uuid NOT NULL,
  user_id uuid,
  account_id uuid NOT NULL,
  key_id uuid NOT NULL,
  service_type text NOT NULL CHECK (service_type IN ('claude', 'gemini', 'openai', 'qwen')),
  -- null: the caller left the choice to the gateway.
  model_requested text,
  model_used text NOT NULL,
  request_type text NOT NULL CHECK (request_type IN ('chat', 'completion', 'embedding', 'count_tokens')),
  -- The PRD's sums: everything that went in, everything that came out, and both.
  request_tokens bigint NOT NULL DEFAULT 0,
  response_tokens bigint NOT NULL DEFAULT 0,
  total_tokens bigint NOT NULL DEFAULT 0,
  -- The classes that prices know.
  input_tokens bigint NOT NULL DEFAULT 0,
  cache_read_tokens bigint NOT NULL DEFAULT 0,
  cache_write_5m_tokens bigint NOT NULL DEFAULT 0,
  cache_write_1h_tokens bigint NOT NULL DEFAULT 0,
  output_tokens bigint NOT NULL DEFAULT 0,
  reasoning_tokens bigint NOT NULL DEFAULT 0,
  audio_input_tokens bigint NOT NULL DEFAULT 0,
  audio_output_tokens bigint NOT NULL DEFAULT 0,
  cost numeric(20, 9) NOT NULL DEFAULT 0,
  price_version text,
  is_unpriced boolean NOT NULL DEFAULT false,
  usage_source text NOT NULL CHECK (usage_source IN ('reported', 'partial', 'estimated', 'recovered', 'none')),
  raw_usage jsonb,
  response_time integer,
  first_token_ms integer,
  status text NOT NULL CHECK (status IN ('success', 'error', 'timeout', 'cancelled')),
  error_code text,
  upstream_request_id text,
  request_time timestamptz NOT NULL DEFAULT now(),
  metadata jsonb,
  PRIMARY KEY (request_time, request_id, attempt)
) PARTITION BY RANGE (request_time);
CREATE INDEX usage_stats_group_idx ON usage_stats (group_id, request_time);
CREATE INDEX usage_stats_account_idx ON usage_stats (account_id, request_time);
CREATE INDEX usage_stats_service_type_idx ON usage_stats (service_type, request_time);

-- Catches what no month covers, so that a row is never refused.
CREATE TABLE usage_stats_default PARTITION OF usage_stats DEFAULT;

-- Makes the partitions of `months` months from `from_month` on (UTC months) and says how many were missing. Rows that
-- waited in the default partition move into their month: PostgreSQL would refuse to make it while they are there.
CREATE FUNCTION ensure_usage_partitions(from_month date, months integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  created integer := 0;
  month_start timestamptz;
  month_end timestamptz;
  partition_name text;
BEGIN
  IF months < 1 OR months > 240 THEN
    RAISE EXCEPTION 'months must be 1 to 240, not %', months;
  END IF;
  -- Two callers at once would both see a month missing. The number is arbitrary, and this function's alone.
  PERFORM pg_advisory_xact_lock(7240011903);
  FOR step IN 0 .. months - 1 LOOP
    month_start := (date_trunc('month', from_month::timestamp) + make_interval(months => step)) AT TIME ZONE 'UTC';
    month_end := (date_trunc('month', from_month::timestamp) + make_interval(months => step + 1)) AT TIME ZONE 'UTC';
    partition_name := 'usage_stats_' || to_char(month_start AT TIME ZONE 'UTC', 'YYYY_MM');
    CONTINUE WHEN to_regclass(partition_name) IS NOT NULL;
    EXECUTE format('CREATE TABLE %I (LIKE usage_stats INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED)',
      partition_name);
    PERFORM move_default_usage(partition_name, month_start, month_end);
    EXECUTE format('ALTER TABLE usage_stats ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
      partition_name, month_start, month_end);
    created := created + 1;
  END LOOP;
  RETURN created;
END
$$;

CREATE FUNCTION move_default_usage(target text, month_start timestamptz, month_end timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  -- A generated column computes itself and must not be named.
  columns text := (
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
    WHERE attrelid = 'usage_stats'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
  );
BEGIN
  -- A writer that slips a row of this month in between would make the ATTACH fail.
  LOCK TABLE usage_stats_default IN ACCESS EXCLUSIVE MODE;
  EXECUTE format(
    'WITH moved AS (DELETE FROM usage_stats_default WHERE request_time >= $1 AND request_time < $2 RETURNING *)
     INSERT INTO %I (%s) SELECT %s FROM moved', target, columns, columns)
  USING month_start, month_end;
END
$$;

CREATE TABLE usage_rollups (
  slot_start timestamptz NOT NULL,
  enterprise_id uuid NOT NULL,
  group_id uuid NOT NULL,
  account_id uuid NOT NULL,
  -- All zeros when nobody is known: a primary key has no nulls.
  user_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
  key_id uuid NOT NULL,
  model text NOT NULL,
  service_type text NOT NULL CHECK (service_type IN ('claude', 'gemini', 'openai', 'qwen')),
  requests bigint NOT NULL DEFAULT 0,
  attempts bigint NOT NULL DEFAULT 0,
  successes bigint NOT NULL DEFAULT 0,
  errors bigint NOT NULL DEFAULT 0,
  input_tokens bigint NOT NULL DEFAULT 0,
  cache_read_tokens bigint NOT NULL DEFAULT 0,
  cache_write_5m_tokens bigint NOT NULL DEFAULT 0,
  cache_write_1h_tokens bigint NOT NULL DEFAULT 0,
  output_tokens bigint NOT NULL DEFAULT 0,
  reasoning_tokens bigint NOT NULL DEFAULT 0,
  audio_input_tokens bigint NOT NULL DEFAULT 0,
  audio_output_tokens bigint NOT NULL DEFAULT 0,
  total_tokens bigint NOT NULL DEFAULT 0,
  cost numeric(24, 9) NOT NULL DEFAULT 0,
  response_time_sum_ms bigint NOT NULL DEFAULT 0,
  first_token_sum_ms bigint NOT NULL DEFAULT 0,
  latency_histogram bigint[] NOT NULL DEFAULT '{}',
  PRIMARY KEY (slot_start, enterprise_id, group_id, account_id, user_id, key_id, model, service_type)
);
-- Adds two histograms bucket by bucket; the shorter one counts as filled up with zeros.
CREATE FUNCTION add_histograms(one bigint[], other bigint[]) RETURNS bigint[] LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(array_agg(coalesce(a, 0) + coalesce(b, 0) ORDER BY bucket), '{}')
  FROM (SELECT bucket, one[bucket] AS a, other[bucket] AS b
        FROM generate_series(1, greatest(cardinality(one), cardinality(other))) AS bucket) AS pairs
$$;

-- What usage points at must not be deleted, only archived. A foreign key would say so too, but it would also refuse usage of
-- a row that is missing (after a restore of an older database), and what was consumed is never refused.
CREATE FUNCTION refuse_delete_of_used() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  is_used boolean;
BEGIN
  EXECUTE format('SELECT EXISTS (SELECT 1 FROM usage_rollups WHERE %I = $1)', TG_ARGV[0]) INTO is_used USING OLD.id;
  IF is_used THEN
    RAISE EXCEPTION '% % has usage: archive it instead', TG_TABLE_NAME, OLD.id USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN OLD;
END
$$;
CREATE TRIGGER enterprises_used BEFORE DELETE ON enterprises
  FOR EACH ROW EXECUTE FUNCTION refuse_delete_of_used('enterprise_id');
CREATE TRIGGER groups_used BEFORE DELETE ON groups FOR EACH ROW EXECUTE FUNCTION refuse_delete_of_used('group_id');
CREATE TRIGGER accounts_used BEFORE DELETE ON ai_service_accounts
  FOR EACH ROW EXECUTE FUNCTION refuse_delete_of_used('account_id');
CREATE TRIGGER users_used BEFORE DELETE ON users FOR EACH ROW EXECUTE FUNCTION refuse_delete_of_used('user_id');
CREATE TRIGGER keys_used BEFORE DELETE ON api_keys FOR EACH ROW EXECUTE FUNCTION refuse_delete_of_used('key_id');

CREATE INDEX usage_rollups_enterprise_idx ON usage_rollups (enterprise_id, slot_start);
CREATE INDEX usage_rollups_group_idx ON usage_rollups (group_id, slot_start);
CREATE INDEX usage_rollups_account_idx ON usage_rollups (account_id, slot_start);

-- How far each node's journal has reached the tables above; moved in the same transaction as the rows.
CREATE TABLE journal_watermarks (
  node_id text PRIMARY KEY,
  epoch bigint NOT NULL,
  segment bigint NOT NULL,
  byte_offset bigint NOT NULL,
  sequence bigint NOT NULL,
  settled_at timestamptz NOT NULL DEFAULT now()
);
