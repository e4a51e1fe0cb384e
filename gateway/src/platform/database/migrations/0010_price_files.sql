-- Price files that administrators import, whole: the newest row is in force, and one without a file puts the shipped prices back. An
-- account's own prices of its models. The table of single prices, which nothing has used, goes.

DROP TABLE prices;

CREATE TABLE price_files (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  version text NOT NULL,
  file jsonb CHECK (jsonb_typeof(file) = 'object'),
  imported_by text NOT NULL,
  imported_at timestamptz NOT NULL DEFAULT now()
);

-- Prices are everybody's.
CREATE TRIGGER price_files_routing_insert AFTER INSERT ON price_files REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION note_routing_change('SELECT e.id FROM enterprises e', '');
CREATE TRIGGER price_files_routing_delete AFTER DELETE ON price_files REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION note_routing_change('SELECT e.id FROM enterprises e', '');

-- Model → a price as a price file has it ({rates, longContext, serviceTiers, usdPerCall}); it comes before cost_per_token.
ALTER TABLE ai_service_accounts ADD COLUMN model_prices jsonb NOT NULL DEFAULT '{}'
  CHECK (jsonb_typeof(model_prices) = 'object');
