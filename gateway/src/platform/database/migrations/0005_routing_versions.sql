-- Tells the gateway's nodes that an enterprise's configuration changed: a version to poll and a notice to wake by.
-- Counters (totals, load, last use) change all the time and must tell nobody, or every settled batch would rebuild the
-- routing snapshot.

-- Without a foreign key: the version must outlive its enterprise, so that nodes learn of a deletion too.
CREATE TABLE routing_versions (
  enterprise_id uuid PRIMARY KEY,
  version bigint NOT NULL DEFAULT 1
);

CREATE FUNCTION bump_routing_versions(changed uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  -- In one order everywhere, so that two writers of several enterprises cannot lock each other out.
  INSERT INTO routing_versions AS existing (enterprise_id, version)
    SELECT DISTINCT each_id, 1 FROM unnest(changed) AS each_id WHERE each_id IS NOT NULL ORDER BY each_id
    ON CONFLICT (enterprise_id) DO UPDATE SET version = existing.version + 1;
  PERFORM pg_notify('routing', each_id::text)
    FROM (SELECT DISTINCT unnest(changed) AS each_id) AS ids WHERE each_id IS NOT NULL;
END
$$;

-- Arguments: a query for the enterprises of row `r`, and the columns that are no configuration, comma-separated.
-- Once per statement, because a statement that touches a thousand rows is one change. An UPDATE trigger with a column
-- list cannot see which rows changed (PostgreSQL allows no transition tables there), so the rows are compared here.
CREATE FUNCTION note_routing_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  ignored text[] := string_to_array(TG_ARGV[1], ',');
  rows_changed text;
  changed uuid[];
BEGIN
  -- The settler's way out, several times a second: a query that is planned once, where EXECUTE plans each time. EXCEPT
  -- sorts or hashes; a join planned for one row would compare a thousand rows with a thousand.
  IF TG_OP = 'UPDATE' THEN
    IF NOT EXISTS (
      SELECT to_jsonb(n) - ignored FROM new_rows n EXCEPT SELECT to_jsonb(o) - ignored FROM old_rows o
    ) THEN
      RETURN NULL;
    END IF;
  END IF;
  rows_changed := CASE TG_OP
    WHEN 'INSERT' THEN 'SELECT * FROM new_rows'
    WHEN 'DELETE' THEN 'SELECT * FROM old_rows'
    ELSE 'SELECT n.* FROM new_rows n WHERE NOT EXISTS
            (SELECT 1 FROM old_rows o WHERE to_jsonb(o) - $1 = to_jsonb(n) - $1)
          UNION ALL
          SELECT o.* FROM old_rows o WHERE NOT EXISTS
            (SELECT 1 FROM new_rows n WHERE to_jsonb(n) - $1 = to_jsonb(o) - $1)'
  END;
  EXECUTE format(
    'SELECT array_agg(DISTINCT owner.id) FROM (%s) AS r CROSS JOIN LATERAL (%s) AS owner (id)',
    rows_changed, TG_ARGV[0])
  INTO changed USING ignored;
  IF changed IS NOT NULL THEN
    PERFORM bump_routing_versions(changed);
  END IF;
  RETURN NULL;
END
$$;

DO $$
DECLARE
  own constant text := 'SELECT r.enterprise_id';
  of_group constant text := 'SELECT g.enterprise_id FROM groups g WHERE g.id = r.group_id';
  watched record;
BEGIN
  FOR watched IN
    SELECT * FROM (VALUES
      ('enterprises', 'SELECT r.id', 'total_requests,total_tokens,total_cost,updated_at'),
      ('departments', own, 'updated_at'),
      ('groups', own, 'total_requests,total_tokens,total_cost,updated_at'),
      ('group_members', of_group, 'updated_at'),
      ('users',
        'SELECT g.enterprise_id FROM group_members m JOIN groups g ON g.id = m.group_id WHERE m.user_id = r.id',
        'name,email,password_hash,is_system_admin,locale,last_login_at,updated_at'),
      ('ai_service_accounts', own, 'total_requests,total_tokens,total_cost,current_load,last_used_at,updated_at'),
      ('group_resource_bindings', of_group, 'updated_at'),
      ('api_keys', own, 'last_used_at,updated_at'),
      ('limits', own, 'updated_at'),
      -- Prices are everybody's.
      ('prices', 'SELECT e.id FROM enterprises e', ''),
      ('model_aliases', own, '')
    ) AS list (table_name, owner_query, ignored)
  LOOP
    EXECUTE format(
      'CREATE TRIGGER %I AFTER INSERT ON %I REFERENCING NEW TABLE AS new_rows
       FOR EACH STATEMENT EXECUTE FUNCTION note_routing_change(%L, %L)',
      watched.table_name || '_routing_insert', watched.table_name, watched.owner_query, watched.ignored);
    EXECUTE format(
      'CREATE TRIGGER %I AFTER UPDATE ON %I REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
       FOR EACH STATEMENT EXECUTE FUNCTION note_routing_change(%L, %L)',
      watched.table_name || '_routing_update', watched.table_name, watched.owner_query, watched.ignored);
    EXECUTE format(
      'CREATE TRIGGER %I AFTER DELETE ON %I REFERENCING OLD TABLE AS old_rows
       FOR EACH STATEMENT EXECUTE FUNCTION note_routing_change(%L, %L)',
      watched.table_name || '_routing_delete', watched.table_name, watched.owner_query, watched.ignored);
  END LOOP;
END
$$;

-- updated_at says when a person or a rule changed the row. Posting usage to its counters is no such change.
DO $$
DECLARE
  stamped record;
BEGIN
  FOR stamped IN
    SELECT * FROM (VALUES
      ('enterprises', 'OLD.total_requests = NEW.total_requests AND OLD.total_tokens = NEW.total_tokens'),
      ('departments', 'true'),
      ('users', 'true'),
      ('groups', 'OLD.total_requests = NEW.total_requests AND OLD.total_tokens = NEW.total_tokens'),
      ('group_members', 'true'),
      ('ai_service_accounts',
        'OLD.total_requests = NEW.total_requests AND OLD.total_tokens = NEW.total_tokens
         AND OLD.current_load = NEW.current_load AND OLD.last_used_at IS NOT DISTINCT FROM NEW.last_used_at'),
      ('group_resource_bindings', 'true'),
      ('api_keys', 'OLD.last_used_at IS NOT DISTINCT FROM NEW.last_used_at'),
      ('limits', 'true'),
      ('system_settings', 'true')
    ) AS list (table_name, condition)
  LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE ON %I FOR EACH ROW WHEN (%s) EXECUTE FUNCTION set_updated_at()',
      stamped.table_name || '_updated_at', stamped.table_name, stamped.condition);
  END LOOP;
END
$$;
