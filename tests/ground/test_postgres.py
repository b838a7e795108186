"""A real cluster: what it is made of, what it survives, and whom it lets in."""

import os
import select
import signal
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from ringfence.embedded import places
from ringfence.embedded.errors import EmbeddedError
from ringfence.embedded.postgres import Cluster
from ringfence.embedded.process import FolderLock

pytestmark = pytest.mark.ground
AS_ROOT = os.geteuid() == 0


def ask(cluster, question):
    with psycopg.connect(cluster.superuser_url()) as connection:
        return connection.execute(question).fetchone()[0]


def write(cluster, text):
    with psycopg.connect(cluster.superuser_url()) as connection:
        connection.execute("create table if not exists note (body text)")
        connection.execute("insert into note values (%s)", [text])


def notes(cluster):
    with psycopg.connect(cluster.superuser_url()) as connection:
        return [row[0] for row in connection.execute("select body from note order by body")]


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def ends(pid):
    """Wait until process `pid`, which is not our child, has ended."""
    descriptor = os.pidfd_open(pid)
    try:
        return bool(select.select([descriptor], [], [], 20)[0])
    finally:
        os.close(descriptor)


def test_what_was_committed_survives_stop_kill_and_start(new_cluster):
    cluster = new_cluster(durable=True)
    cluster.start()
    write(cluster, "before the stop")
    cluster.stop()
    assert not cluster.is_ready()

    cluster.start()
    write(cluster, "before the crash")
    cluster.kill()
    cluster.start()

    assert notes(cluster) == ["before the crash", "before the stop"]


def test_a_cluster_is_made_with_checksums_scram_and_no_port(new_cluster):
    cluster = new_cluster(durable=True)
    cluster.start()

    assert ask(cluster, "show data_checksums") == "on"
    assert ask(cluster, "show fsync") == "on"
    assert ask(cluster, "show server_encoding") == "UTF8"
    assert ask(cluster, "show listen_addresses") == ""
    assert ask(cluster, "select rolpassword from pg_authid where rolname = 'postgres'").startswith(
        "SCRAM-SHA-256$"
    )
    assert ask(cluster, "select string_agg(type || ' ' || auth_method, ', ') from pg_hba_file_rules") == (
        "local scram-sha-256"
    )


def test_nobody_enters_with_another_password(new_cluster):
    cluster = new_cluster()
    cluster.start()
    for password in ("wrong", ""):
        with pytest.raises(
            psycopg.OperationalError, match=r"password authentication failed|no password supplied"
        ):
            psycopg.connect(cluster.url("postgres", password, "postgres"))


def test_every_folder_is_ours_alone_and_no_parent_was_changed(folder, new_cluster):
    parent = folder / "parent"
    parent.mkdir()
    parent.chmod(0o711)
    above = {path: mode(path) for path in (parent, *parent.parents)}
    cluster = new_cluster("parent/postgres")

    cluster.start()

    assert {path: mode(path) for path in above} == above
    for private in (cluster.directory, cluster.place, cluster.data, cluster.socket_dir):
        assert mode(private) == 0o700
    for secret in (cluster.directory / "superuser.password", cluster.log, cluster.data / "pg_hba.conf"):
        assert mode(secret) == 0o600
    assert (cluster.directory / "data").resolve() == cluster.data
    assert not (cluster.place / "initdb.password").exists()


@pytest.mark.skipif(not AS_ROOT, reason="only root gives the server to another user")
def test_as_root_the_server_is_another_user_who_cannot_read_the_password(new_cluster):
    cluster = new_cluster()
    cluster.start()

    served_by = Path(f"/proc/{cluster.pid}").stat().st_uid

    assert served_by == places.service_user().uid != 0
    assert cluster.data.stat().st_uid == served_by
    assert (cluster.directory / "superuser.password").stat().st_uid == 0
    program = Path(f"/proc/{cluster.pid}/exe").readlink()
    assert program.stat().st_uid == 0, "the server must not be able to change its own program"


def test_a_second_server_on_the_same_data_is_refused_and_the_first_goes_on(new_cluster):
    first, second = new_cluster(), new_cluster()
    first.start()

    with pytest.raises(EmbeddedError, match=rf"already runs on .*\(process {first.pid}\): stop it"):
        second.start()

    assert ask(first, "select 1") == 1


def test_a_running_cluster_is_not_removed(new_cluster):
    cluster = new_cluster()
    cluster.start()
    with pytest.raises(EmbeddedError, match="already runs"):
        Cluster(cluster.directory).remove()
    assert ask(cluster, "select 1") == 1


def test_a_lock_file_that_names_a_stranger_does_not_stop_the_start(new_cluster):
    cluster = new_cluster()
    cluster.start()
    cluster.kill()
    # A stranger of the server's own user: that is what would stop PostgreSQL itself.
    stranger = subprocess.Popen(
        ["/bin/sleep", "60"],
        user=cluster.data.stat().st_uid if AS_ROOT else None,
        extra_groups=[] if AS_ROOT else None,
    )
    for lock in (cluster.data / "postmaster.pid", cluster.socket_dir / ".s.PGSQL.5432.lock"):
        lines = lock.read_text().splitlines()
        lock.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
    try:
        cluster.start()
    finally:
        stranger.kill()
        stranger.wait()
    assert ask(cluster, "select 1") == 1


def test_children_of_a_killed_server_are_waited_for_although_a_stranger_has_its_process_id(new_cluster):
    cluster = new_cluster()
    cluster.start()
    cluster.kill()
    stranger = subprocess.Popen(["/bin/sleep", "60"])
    lock = cluster.data / "postmaster.pid"
    lock.write_text("\n".join([str(stranger.pid), *lock.read_text().splitlines()[1:]]) + "\n")
    held = FolderLock(cluster.directory / "server.lock")
    held.take(living=lambda: None)
    last_child = threading.Timer(1.0, held.drop)
    last_child.start()
    try:
        cluster.start()
    finally:
        last_child.join()
        stranger.kill()
        stranger.wait()
    assert ask(cluster, "select 1") == 1


def test_data_without_its_password_is_not_opened_with_a_new_one(new_cluster):
    cluster = new_cluster()
    cluster.start()
    cluster.stop()
    (cluster.directory / "superuser.password").unlink()

    with pytest.raises(EmbeddedError, match=r"left from an earlier install .*make reset"):
        cluster.start()


def test_data_of_another_major_version_is_named(new_cluster):
    cluster = new_cluster()
    cluster.start()
    cluster.stop()
    (cluster.data / "PG_VERSION").write_text("17\n")

    with pytest.raises(EmbeddedError, match="made by PostgreSQL 17 and this is 18: upgrade it"):
        cluster.start()


def test_a_path_too_long_for_a_socket_gets_a_short_private_folder(new_cluster, monkeypatch, folder):
    monkeypatch.setenv(places.SERVER_HOME_VARIABLE, str(folder / ("h" * 90)))
    folder.chmod(0o711)
    cluster = new_cluster("v" * 90)
    cluster.start()

    assert ask(cluster, "select 1") == 1
    assert cluster.socket_dir.parent == places.SHORT_ROOT
    assert mode(cluster.socket_dir) == 0o700
    cluster.stop()
    cluster.remove()
    assert not cluster.socket_dir.exists()


def test_the_log_holds_nothing_of_a_statement_or_its_error(new_cluster):
    cluster = new_cluster()
    cluster.start()
    with psycopg.connect(cluster.superuser_url(), autocommit=True) as connection:
        connection.execute("do $$ begin raise warning 'marker-in-a-warning'; end $$")
        connection.execute("create table marker_in_a_name (value text primary key)")
        connection.execute("insert into marker_in_a_name values ('marker-in-a-row')")
        for failing in (
            "select 'marker-in-a-statement'::uuid",
            "select marker_as_a_column",
            "insert into marker_in_a_name values ('marker-in-a-row')",
        ):
            with pytest.raises(psycopg.Error, match="marker"):  # the client is told
                connection.execute(failing)
        with pytest.raises(psycopg.Error, match="marker"):
            connection.execute("select %s::text::uuid", ["marker-in-a-parameter"])
    cluster.stop()

    log = cluster.log.read_text()

    assert "ready to accept connections" in log
    assert "marker" not in log


CHILD = """
import os, signal, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from ringfence.embedded.postgres import Cluster
from ringfence.embedded.process import FolderLock
cluster = Cluster(Path(sys.argv[1]), durable=False)
with ThreadPoolExecutor() as pool:
    pool.submit(cluster.start).result()
print(cluster.pid, flush=True)
sys.stdin.read()
"""


def test_the_server_ends_when_the_process_that_started_it_is_killed(new_cluster):
    cluster = new_cluster()
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(cluster.directory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with child:
        pid = int(child.stdout.readline())
        assert cluster.is_ready(), "it outlives the thread that started it"
        child.send_signal(signal.SIGKILL)
        assert ends(pid)
    cluster.start()
    assert ask(cluster, "select 1") == 1


def test_several_clusters_start_at_once(new_cluster):
    clusters = [new_cluster(name) for name in ("a", "b")]
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda cluster: cluster.start(), clusters))
    assert [ask(cluster, "select 1") for cluster in clusters] == [1, 1]


def test_the_foreground_command_becomes_the_server_and_stops_in_order(folder):
    cluster = Cluster(folder / "postgres")
    command = [sys.executable, "-m", "ringfence.embedded.postgres", "run", "--var", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
        for line in running.stdout:
            if "ready to accept connections" in line:
                break
        assert ask(cluster, "select 1") == 1
        assert int((cluster.data / "postmaster.pid").read_text().split()[0]) == running.pid
        refused = subprocess.run(command, capture_output=True, text=True, check=False)
        running.send_signal(signal.SIGINT)
        said = running.stdout.read()
    assert (refused.returncode, refused.stderr.count("already runs")) == (1, 1)
    assert "Traceback" not in refused.stderr
    assert "database system is shut down" in said
    cluster.remove()
