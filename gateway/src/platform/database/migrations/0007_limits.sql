-- Limits of a minute, which pace instead of budget; and what providers billed beyond what was reserved, each on a row of its own.

ALTER TABLE limits DROP CONSTRAINT limits_window_kind_check;
ALTER TABLE limits ADD CONSTRAINT limits_window_kind_check
  CHECK (window_kind IN ('minute', '5h', 'day', 'week', 'month', 'total'));

CREATE TABLE usage_overruns (
  request_id uuid NOT NULL,
  attempt smallint NOT NULL,
  request_time timestamptz NOT NULL,
  enterprise_id uuid NOT NULL,
  group_id uuid NOT NULL,
  account_id uuid NOT NULL,
  -- Beyond the reservation.
  tokens bigint NOT NULL CHECK (tokens >= 0),
  cost numeric(20, 9) NOT NULL CHECK (cost >= 0),
  PRIMARY KEY (request_time, request_id, attempt)
);
CREATE INDEX usage_overruns_group_idx ON usage_overruns (group_id, request_time);
