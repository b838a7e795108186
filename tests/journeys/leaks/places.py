"""Every place of a running demo where a text could lie in clear, ready to be scanned."""

import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import redis

from tests.journeys.demo_install import DemoInstall
from tests.journeys.leaks.scanner import Hit, Scanner, files_below, process_words

DATABASES = ("cell", "control", "shadow", "postgres")
SAMPLE_SECONDS = 0.02
ACTIVITY = "select * from pg_stat_activity where pid <> pg_backend_pid()"


class Places:
    """The places of one demo."""

    def __init__(self, demo: DemoInstall, folder: Path) -> None:
        self.demo, self._folder = demo, folder
        self.activity: set[str] = set()

    @contextmanager
    def watched_activity(self) -> Iterator[None]:
        """Sample what each connection is doing, as a superuser sees it, while the caller makes load."""
        over = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(over,), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join(30)

    def _watch(self, over: threading.Event) -> None:
        while not over.is_set():
            try:
                with self.demo.superuser("postgres") as connection:
                    while not over.wait(SAMPLE_SECONDS):
                        for row in connection.execute(ACTIVITY).fetchall():
                            self.activity.add(" ".join(str(value) for value in row if isinstance(value, str)))
            except psycopg.OperationalError:
                time.sleep(SAMPLE_SECONDS)  # the database is being restarted

    def write_out(self) -> None:
        """Have PostgreSQL and Valkey write to disk what they hold in memory."""
        with self.demo.superuser("postgres") as connection:
            connection.execute("checkpoint")
            connection.execute("select pg_switch_wal()")
        with redis.Redis.from_url(self.demo.layout.valkey.cache_url()) as valkey:
            valkey.save()

    def dumps(self) -> list[Path]:
        """Dump every database as superuser, whom no policy holds back; return the files."""
        made = []
        for database in DATABASES:
            path = self._folder / f"{database}.sql"
            self._run(
                "pg_dump", "--dbname", self.demo.layout.postgres.superuser_url(database), "--file", path
            )
            made.append(path)
        path = self._folder / "globals.sql"
        url = self.demo.layout.postgres.superuser_url("postgres")
        self._run("pg_dumpall", "--globals-only", "--dbname", url, "--file", path)
        return [*made, path]

    def _run(self, program: str, *words: object) -> None:
        command = [str(self.demo.layout.postgres.program(program)), *map(str, words)]
        subprocess.run(command, check=True, capture_output=True, timeout=300)

    def scan(self, scanner: Scanner) -> dict[str, list[Hit]]:
        """Look for the scanner's markers everywhere; place -> findings."""
        layout = self.demo.layout
        cluster = layout.postgres
        var = layout.var
        data = [path for path in files_below(cluster.place) if not path.name.endswith(".password")]
        kept_aside = (var / "mail", layout.people_file)
        return {
            "dump": scanner.files(self.dumps()),
            "WAL": scanner.files(path for path in data if "/pg_wal/" in str(path)),
            "PGDATA": scanner.files(path for path in data if "/pg_wal/" not in str(path)),
            "Valkey": scanner.files(files_below(layout.valkey.directory)),
            "logs": scanner.files(files_below(var / "log")),
            "var": scanner.files(files_below(var, but=(*kept_aside, layout.valkey.directory, var / "log"))),
            "processes": scanner.files(process_words(self.demo.all_pids())),
            "pg_stat_activity": scanner.content("\n".join(self.activity).encode(), "pg_stat_activity"),
        }
