-- Which vendors there are is told by the program's registry of providers, where whoever writes a service type has it checked. A
-- list of its own here would make each new vendor a migration of four tables, one of them the largest.

ALTER TABLE ai_service_accounts DROP CONSTRAINT ai_service_accounts_service_type_check;
ALTER TABLE model_aliases DROP CONSTRAINT model_aliases_service_type_check;
ALTER TABLE usage_stats DROP CONSTRAINT usage_stats_service_type_check;
ALTER TABLE usage_rollups DROP CONSTRAINT usage_rollups_service_type_check;
