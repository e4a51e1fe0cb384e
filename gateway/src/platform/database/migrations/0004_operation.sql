-- What running the product needs: the audit log, events, logins, set-up, settings.

CREATE TABLE audit_log (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  enterprise_id uuid REFERENCES enterprises ON DELETE RESTRICT,
  actor_kind text NOT NULL CHECK (actor_kind IN ('user', 'system', 'command')),
  actor_id uuid,
  actor_name text NOT NULL,
  address text,
  action text NOT NULL,
  target_kind text NOT NULL,
  target_id text,
  detail jsonb NOT NULL DEFAULT '{}',
  previous_hash bytea NOT NULL,
  hash bytea NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX audit_log_enterprise_idx ON audit_log (enterprise_id, seq);

CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is append-only';
END
$$;
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

CREATE TABLE events (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  enterprise_id uuid REFERENCES enterprises ON DELETE RESTRICT,
  group_id uuid REFERENCES groups ON DELETE RESTRICT,
  kind text NOT NULL,
  severity text NOT NULL CHECK (severity IN ('info', 'warning', 'alert', 'critical')),
  subject text NOT NULL,
  detail jsonb NOT NULL DEFAULT '{}',
  dedupe_key text UNIQUE,
  at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX events_enterprise_idx ON events (enterprise_id, id);
CREATE INDEX events_group_idx ON events (group_id, id);

CREATE TABLE sessions (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  token_hash bytea NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now(),
  last_seen_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz,
  address text,
  user_agent text
);
CREATE INDEX sessions_user_idx ON sessions (user_id);
CREATE INDEX sessions_expires_idx ON sessions (expires_at);

CREATE TABLE setup_tokens (
  token_hash bytea PRIMARY KEY,
  created_at timestamptz NOT NULL DEFAULT now(),
  used_at timestamptz
);

CREATE TABLE system_settings (
  name text PRIMARY KEY,
  value jsonb NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);
