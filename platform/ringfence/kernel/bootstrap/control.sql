-- The control database: people, sessions, memberships, the ownership graph. Only the gate enters.
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT ALL ON SCHEMA public TO rf_owner;
GRANT USAGE ON SCHEMA public TO rf_gate;
ALTER DEFAULT PRIVILEGES FOR ROLE rf_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO rf_gate;
ALTER DEFAULT PRIVILEGES FOR ROLE rf_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO rf_gate;
