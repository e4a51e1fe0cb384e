-- What the enterprises own and share: provider accounts, how groups are bound to them, their health, and prices.

CREATE TABLE ai_service_accounts (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  enterprise_id uuid NOT NULL REFERENCES enterprises ON DELETE RESTRICT,
  name text NOT NULL,
  service_type text NOT NULL CHECK (service_type IN ('claude', 'gemini', 'openai', 'qwen')),
  account_type text NOT NULL DEFAULT 'shared' CHECK (account_type IN ('dedicated', 'shared')),
  -- Encrypted and bound to this row; the clear key is nowhere in the database.
  api_key_envelope bytea,
  api_key_last4 text,
  api_endpoint text,
  is_enabled boolean NOT NULL DEFAULT true,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'inactive', 'error')),
  status_reason text,
  current_load integer NOT NULL DEFAULT 0 CHECK (current_load >= 0),
  supported_models jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(supported_models) = 'array'),
  current_model text,
  -- Tokens per day in the enterprise's time zone; null is unlimited.
  daily_limit bigint CHECK (daily_limit >= 0),
  -- USD per token of any class; null: the catalogue's price of the model.
  cost_per_token numeric(20, 12) CHECK (cost_per_token >= 0),
  organisation text,
  cache_domain text,
  weight integer NOT NULL DEFAULT 100 CHECK (weight >= 0),
  priority integer NOT NULL DEFAULT 100,
  max_concurrency integer CHECK (max_concurrency > 0),
  requests_per_minute integer CHECK (requests_per_minute > 0),
  input_tokens_per_minute bigint CHECK (input_tokens_per_minute > 0),
  output_tokens_per_minute bigint CHECK (output_tokens_per_minute > 0),
  total_requests bigint NOT NULL DEFAULT 0,
  total_tokens bigint NOT NULL DEFAULT 0,
  total_cost numeric(24, 9) NOT NULL DEFAULT 0,
  last_used_at timestamptz,
  version bigint NOT NULL DEFAULT 1,
  archived_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ai_service_accounts_enterprise_idx ON ai_service_accounts (enterprise_id);
CREATE INDEX ai_service_accounts_service_type_idx ON ai_service_accounts (service_type);
CREATE INDEX ai_service_accounts_status_idx ON ai_service_accounts (status);

CREATE TABLE group_resource_bindings (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  group_id uuid NOT NULL UNIQUE REFERENCES groups ON DELETE RESTRICT,
  binding_mode text NOT NULL CHECK (binding_mode IN ('dedicated', 'shared', 'hybrid')),
  binding_config jsonb NOT NULL CHECK (jsonb_typeof(binding_config) = 'object'),
  -- null is unlimited, 0 blocks.
  daily_token_limit bigint DEFAULT 10000 CHECK (daily_token_limit >= 0),
  monthly_budget numeric(20, 9) CHECK (monthly_budget >= 0),
  priority_level text NOT NULL DEFAULT 'medium' CHECK (priority_level IN ('high', 'medium', 'low')),
  warning_threshold integer NOT NULL DEFAULT 80 CHECK (warning_threshold BETWEEN 0 AND 100),
  alert_threshold integer NOT NULL DEFAULT 95 CHECK (alert_threshold BETWEEN 0 AND 100),
  accepts_overrun boolean NOT NULL DEFAULT false,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE account_health_checks (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  account_id uuid NOT NULL REFERENCES ai_service_accounts ON DELETE CASCADE,
  is_healthy boolean NOT NULL,
  response_time integer,
  error_code text,
  error_message text,
  checked_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX account_health_checks_account_idx ON account_health_checks (account_id, checked_at);

CREATE TABLE prices (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  version text NOT NULL,
  provider text NOT NULL,
  model text NOT NULL,
  effective_from timestamptz NOT NULL,
  rates jsonb NOT NULL CHECK (jsonb_typeof(rates) = 'object'),
  source text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (provider, model, effective_from, version)
);

CREATE TABLE model_aliases (
  enterprise_id uuid NOT NULL REFERENCES enterprises ON DELETE RESTRICT,
  alias text NOT NULL,
  service_type text NOT NULL CHECK (service_type IN ('claude', 'gemini', 'openai', 'qwen')),
  model text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (enterprise_id, alias, service_type)
);
