-- What looking the books over has found.

CREATE TABLE reconciliation_runs (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- From when on rows were looked at; null: all of them.
  since timestamptz,
  started_at timestamptz NOT NULL,
  ended_at timestamptz NOT NULL,
  rows_checked bigint NOT NULL CHECK (rows_checked >= 0),
  -- [{check, subject, expected, found}]
  findings jsonb NOT NULL CHECK (jsonb_typeof(findings) = 'array')
);
