-- The classes of tokens that vendors have begun to bill apart: cache writes of other lifetimes, and what is rare. Each rare class
-- would be a column of zeros in nearly all rows, so a row names only those it has; sums are sums, so roll-ups have columns.

ALTER TABLE usage_stats ADD COLUMN cache_write_30m_tokens bigint NOT NULL DEFAULT 0;
ALTER TABLE usage_stats ADD COLUMN cache_write_12h_tokens bigint NOT NULL DEFAULT 0;
-- {imageInputTokens, imageOutputTokens, toolInputTokens, webSearches, webFetches, serviceTier}: what is neither 0 nor unknown.
ALTER TABLE usage_stats ADD COLUMN usage_details jsonb;

ALTER TABLE usage_rollups ADD COLUMN cache_write_30m_tokens bigint NOT NULL DEFAULT 0;
ALTER TABLE usage_rollups ADD COLUMN cache_write_12h_tokens bigint NOT NULL DEFAULT 0;
ALTER TABLE usage_rollups ADD COLUMN image_input_tokens bigint NOT NULL DEFAULT 0;
ALTER TABLE usage_rollups ADD COLUMN image_output_tokens bigint NOT NULL DEFAULT 0;
ALTER TABLE usage_rollups ADD COLUMN tool_input_tokens bigint NOT NULL DEFAULT 0;
ALTER TABLE usage_rollups ADD COLUMN web_searches bigint NOT NULL DEFAULT 0;
ALTER TABLE usage_rollups ADD COLUMN web_fetches bigint NOT NULL DEFAULT 0;
