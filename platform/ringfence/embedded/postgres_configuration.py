"""The text of the server's two configuration files, written anew at each start."""

from pathlib import Path

CLIENT_AUTHENTICATION = """\
# Written at each start. Every connection comes through the socket and gives its password.
local all all scram-sha-256
"""


def server_configuration(socket: Path, *, port: int, durable: bool) -> str:
    """Return postgresql.conf: one socket, no TCP, and a log without any content of a statement.

    `durable=False` gives up what a crash of the *machine* would need, for clusters of tests only;
    the crash of a process loses nothing either way.
    """
    safe = "on" if durable else "off"
    return f"""\
# Written at each start by ringfence.embedded.postgres: a change made here does not last.

# Who may come in: the socket alone, and its folder is 0700.
listen_addresses = ''
port = {port}
unix_socket_directories = '{_quoted(socket)}'
unix_socket_permissions = 0700
password_encryption = 'scram-sha-256'
max_connections = 100

# Never lose an acknowledged write.
fsync = {safe}
full_page_writes = {safe}
synchronous_commit = {safe}
wal_level = replica
max_wal_senders = 0
max_replication_slots = 0
min_wal_size = 64MB
max_wal_size = 512MB

# Small: the whole demo stays under 1 GB, on two cores, with short queries.
shared_buffers = 96MB
effective_cache_size = 512MB
work_mem = 4MB
maintenance_work_mem = 48MB
huge_pages = off
jit = off
io_method = sync
max_worker_processes = 4
max_parallel_workers_per_gather = 0
max_prepared_transactions = 0
autovacuum_max_workers = 2
random_page_cost = 1.1

# The log says what the server did, never what a client sent. A failed statement is told to its client
# alone: the level `log` lies above `error`, and an error's text can quote a value.
log_destination = 'stderr'
logging_collector = off
log_min_messages = log
log_min_error_statement = panic
log_error_verbosity = terse
log_statement = 'none'
log_duration = off
log_min_duration_statement = -1
log_min_duration_sample = -1
log_transaction_sample_rate = 0
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_lock_waits = off
log_temp_files = -1
log_autovacuum_min_duration = -1
log_connections = ''
log_disconnections = off
log_checkpoints = off
log_line_prefix = '%m [%p] %b: '

# The same everywhere.
timezone = 'UTC'
log_timezone = 'UTC'
datestyle = 'iso, ymd'
lc_messages = 'C'
lc_monetary = 'C'
lc_numeric = 'C'
lc_time = 'C'
default_text_search_config = 'pg_catalog.simple'
"""


def _quoted(path: Path) -> str:
    """Return `path` as it stands between single quotes in postgresql.conf, in a list of folders.

    Raises `ValueError` for a path that the file cannot hold: a line break, or a comma or double quote,
    which would make two folders of one.
    """
    text = str(path)
    if any(character in text for character in '\n\r,"'):
        raise ValueError(f"PostgreSQL cannot have its socket in {text!r}")
    return text.replace("\\", "\\\\").replace("'", "''")
