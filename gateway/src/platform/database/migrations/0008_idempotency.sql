-- Requests that were sent under an Idempotency-Key and answered, kept for a day. Neither the key nor the body: their hashes.

CREATE TABLE idempotency_keys (
  key_hash bytea PRIMARY KEY,
  enterprise_id uuid NOT NULL,
  key_id uuid NOT NULL,
  body_hash bytea NOT NULL,
  request_id uuid NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('success', 'cut', 'recovered')),
  tokens bigint NOT NULL CHECK (tokens >= 0),
  cost numeric(20, 9) NOT NULL CHECK (cost >= 0),
  requested_at timestamptz NOT NULL
);
CREATE INDEX idempotency_keys_requested_at_idx ON idempotency_keys (requested_at);
