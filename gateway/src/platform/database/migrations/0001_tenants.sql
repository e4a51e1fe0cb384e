-- Who uses the product: enterprises, their departments, users, carpool groups and members, and what limits them.
-- Rows that money points at are archived, never deleted: their foreign keys are ON DELETE RESTRICT.

CREATE FUNCTION set_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at := now();
  RETURN NEW;
END
$$;

CREATE TABLE enterprises (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name text NOT NULL,
  plan_type text NOT NULL DEFAULT 'basic' CHECK (plan_type IN ('basic', 'professional', 'enterprise')),
  settings jsonb NOT NULL DEFAULT '{}',
  time_zone text NOT NULL DEFAULT 'Asia/Shanghai',
  currency text NOT NULL DEFAULT 'USD' CHECK (currency ~ '^[A-Z]{3}$'),
  discount_basis_points integer NOT NULL DEFAULT 0 CHECK (discount_basis_points BETWEEN 0 AND 10000),
  -- USD per successful call, exact to the nano-dollar.
  fixed_call_cost numeric(20, 9) NOT NULL DEFAULT 0 CHECK (fixed_call_cost >= 0),
  total_requests bigint NOT NULL DEFAULT 0,
  total_tokens bigint NOT NULL DEFAULT 0,
  total_cost numeric(24, 9) NOT NULL DEFAULT 0,
  version bigint NOT NULL DEFAULT 1,
  archived_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE departments (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  enterprise_id uuid NOT NULL REFERENCES enterprises ON DELETE RESTRICT,
  name text NOT NULL,
  description text,
  version bigint NOT NULL DEFAULT 1,
  archived_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  -- Lets groups prove that their department is of their own enterprise.
  UNIQUE (enterprise_id, id)
);

CREATE TABLE users (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  email text NOT NULL,
  name text NOT NULL,
  password_hash text,
  is_system_admin boolean NOT NULL DEFAULT false,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'invited', 'disabled')),
  locale text CHECK (locale IN ('zh-CN', 'en')),
  last_login_at timestamptz,
  archived_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX users_email_key ON users (lower(email));

CREATE TABLE enterprise_members (
  enterprise_id uuid NOT NULL REFERENCES enterprises ON DELETE RESTRICT,
  user_id uuid NOT NULL REFERENCES users ON DELETE RESTRICT,
  role text NOT NULL CHECK (role IN ('enterprise_owner', 'enterprise_admin')),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (enterprise_id, user_id)
);
CREATE INDEX enterprise_members_user_idx ON enterprise_members (user_id);

CREATE TABLE groups (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  enterprise_id uuid NOT NULL REFERENCES enterprises ON DELETE RESTRICT,
  department_id uuid,
  name text NOT NULL,
  description text,
  max_members integer NOT NULL DEFAULT 5 CHECK (max_members > 0),
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'inactive')),
  -- null: the product's default policy.
  balancing_policy text CHECK (
    balancing_policy IN ('smart', 'round_robin', 'least_connections', 'weighted', 'weighted_round_robin',
      'least_response_time', 'consistent_hash')
  ),
  total_requests bigint NOT NULL DEFAULT 0,
  total_tokens bigint NOT NULL DEFAULT 0,
  total_cost numeric(24, 9) NOT NULL DEFAULT 0,
  version bigint NOT NULL DEFAULT 1,
  archived_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (enterprise_id, department_id) REFERENCES departments (enterprise_id, id) ON DELETE RESTRICT
);
CREATE INDEX groups_enterprise_idx ON groups (enterprise_id);
CREATE INDEX groups_department_idx ON groups (department_id);

CREATE TABLE group_members (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  group_id uuid NOT NULL REFERENCES groups ON DELETE RESTRICT,
  user_id uuid NOT NULL REFERENCES users ON DELETE RESTRICT,
  role text NOT NULL DEFAULT 'group_member' CHECK (role IN ('group_owner', 'group_member')),
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended', 'removed')),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (group_id, user_id)
);
CREATE INDEX group_members_user_idx ON group_members (user_id);

CREATE TABLE api_keys (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  enterprise_id uuid NOT NULL REFERENCES enterprises ON DELETE RESTRICT,
  group_id uuid NOT NULL REFERENCES groups ON DELETE RESTRICT,
  user_id uuid REFERENCES users ON DELETE RESTRICT,
  name text NOT NULL,
  public_id text NOT NULL UNIQUE,
  secret_hmac bytea NOT NULL,
  last4 text NOT NULL,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'revoked')),
  expires_at timestamptz,
  revoked_at timestamptz,
  -- null: every model the group may use.
  allowed_models jsonb CHECK (jsonb_typeof(allowed_models) = 'array'),
  created_by uuid REFERENCES users ON DELETE RESTRICT,
  last_used_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX api_keys_enterprise_idx ON api_keys (enterprise_id);
CREATE INDEX api_keys_group_idx ON api_keys (group_id);
CREATE INDEX api_keys_user_idx ON api_keys (user_id);

-- scope_id points at the table that scope names, so it cannot be a foreign key.
CREATE TABLE limits (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  enterprise_id uuid NOT NULL REFERENCES enterprises ON DELETE RESTRICT,
  scope text NOT NULL CHECK (scope IN ('enterprise', 'department', 'group', 'account', 'member', 'key')),
  scope_id uuid NOT NULL,
  metric text NOT NULL CHECK (metric IN ('tokens', 'money', 'requests')),
  window_kind text NOT NULL CHECK (window_kind IN ('5h', 'day', 'week', 'month', 'total')),
  -- null is unlimited, 0 blocks; USD where the metric is money.
  amount numeric(30, 9) CHECK (amount >= 0),
  warning_threshold integer NOT NULL DEFAULT 80 CHECK (warning_threshold BETWEEN 0 AND 100),
  alert_threshold integer NOT NULL DEFAULT 95 CHECK (alert_threshold BETWEEN 0 AND 100),
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (scope, scope_id, metric, window_kind)
);
CREATE INDEX limits_enterprise_idx ON limits (enterprise_id);
