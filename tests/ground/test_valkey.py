"""A real broker: what it keeps through a crash, and whom it lets in."""

import os
import stat
import subprocess
import sys

import pytest
import redis
from celery import Celery
from redis.backoff import NoBackoff
from redis.retry import Retry

from ringfence.embedded.errors import EmbeddedError
from ringfence.embedded.valkey import Server

pytestmark = pytest.mark.ground


def test_a_message_that_was_accepted_survives_kill_and_reaches_a_consumer(server):
    server.start()
    application = Celery(broker=server.broker_url(), set_as_current=False)
    with application.connection_for_write() as connection:
        queue = connection.SimpleQueue("tenant")
        queue.put({"job": "1"})
        queue.close()

    server.kill()
    server.start()

    with application.connection_for_read() as connection:
        queue = connection.SimpleQueue("tenant")
        message = queue.get(timeout=10)
        message.ack()
        queue.close()
    assert message.payload == {"job": "1"}


def test_a_worker_is_found_over_the_socket(server):
    server.start()
    application = f"Celery('t', broker={server.broker_url()!r})"
    program = f"from celery import Celery; {application}.worker_main(['worker', '-Psolo'])"
    # Without the environment of this process: where other tests' services run, it names their broker.
    worker = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={"PATH": os.environ["PATH"]},
    )
    try:
        application = Celery(broker=server.broker_url(), set_as_current=False)
        answers = next(filter(None, (application.control.ping(timeout=5, limit=1) for _ in range(12))), [])
        application.close()
    finally:
        worker.terminate()
        worker.wait()
    assert [next(iter(answer.values())) for answer in answers] == [{"ok": "pong"}]


def test_djangos_cache_speaks_to_it(server):
    server.start()
    from django.core.cache.backends.redis import RedisCache

    cache = RedisCache(server.cache_url(), {})
    cache.set("key", {"a": 1}, 30)
    assert cache.get("key") == {"a": 1}
    cache.close()


def test_nobody_enters_without_the_password(server):
    server.start()
    with (
        redis.Redis(unix_socket_path=str(server.socket_path), retry=Retry(NoBackoff(), 0)) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()


def test_it_listens_on_its_socket_alone_and_drops_no_message(server):
    server.start()
    with redis.Redis.from_url(server.cache_url(), decode_responses=True) as client:
        wanted = {"port": "0", "appendonly": "yes", "maxmemory-policy": "noeviction"}
        assert client.config_get(*wanted) == wanted


def test_every_folder_is_ours_alone(server):
    server.start()
    for private in (server.directory, server.data, server.socket_dir):
        assert stat.S_IMODE(private.stat().st_mode) == 0o700
    for secret in (server.directory / "password", server.directory / "valkey.conf", server.log):
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert stat.S_IMODE(server.socket_path.stat().st_mode) == 0o700


def test_a_second_server_on_the_same_data_is_refused(server):
    server.start()
    with pytest.raises(EmbeddedError, match=r"Valkey already runs on .*: stop it"):
        Server(server.directory).start()
    assert server.is_ready()


def test_a_damaged_file_is_one_line(server):
    server.start()
    with redis.Redis.from_url(server.cache_url()) as client:
        client.set("key", "value")
    server.stop()
    file = next(path for path in server.data.rglob("*.aof") if path.stat().st_size > 0)
    file.write_bytes(b"*3\r\n$3\r\nSET\r\ngarbage" + b"x" * 64)

    with pytest.raises(EmbeddedError, match="damaged: restore it, or remove it"):
        server.start()
