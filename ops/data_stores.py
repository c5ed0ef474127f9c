"""A PostgreSQL cluster and a Redis of the instance's own, on its own ports, under `var/INSTANCE/`."""

import os
import shutil
import subprocess
from pathlib import Path

from ops.processes import postgres_bin, postgres_dir, postgres_user
from services.settings import Settings

ROLE = "hotline"


def prepare_postgres(settings: Settings) -> None:
    """Create the cluster once; write its settings every time."""
    data = postgres_dir(settings)
    user = postgres_user()
    if not (data / "PG_VERSION").exists():
        _make_folder(settings, data, user)
        _as_user(
            user,
            [str(postgres_bin() / "initdb"), "--pgdata", str(data.resolve()), "--username", "postgres",
             "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8", "--data-checksums"],
        )  # fmt: skip
    config = data / "postgresql.auto.conf"
    config.write_text(
        f"""# Written by ops/data_stores.py
listen_addresses = '{settings.host}'
port = {settings.postgres_port}
unix_socket_directories = ''
max_connections = 120
timezone = 'UTC'
log_timezone = 'UTC'
log_min_duration_statement = 500
""",
        encoding="utf-8",
    )
    if user is not None:
        shutil.chown(config, user, user)


def create_database(settings: Settings) -> None:
    """Role and database; the server has to answer already."""
    psql = [
        str(postgres_bin() / "psql"), "-h", settings.host, "-p", str(settings.postgres_port), "-U", "postgres",
        "-d", "postgres", "-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1",
    ]  # fmt: skip
    asked = subprocess.run(
        [*psql, "-c", f"SELECT count(*) FROM pg_database WHERE datname = '{ROLE}'"],
        capture_output=True, text=True, check=True, timeout=30,
    )  # fmt: skip
    if asked.stdout.strip() == "0":
        for statement in (f"CREATE ROLE {ROLE} LOGIN CREATEDB", f"CREATE DATABASE {ROLE} OWNER {ROLE}"):
            subprocess.run([*psql, "-c", statement], check=True, timeout=60)


def prepare_redis(settings: Settings) -> None:
    folder = settings.instance_dir / "redis"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "redis.conf").write_text(
        f"""# Written by ops/data_stores.py
bind {settings.host}
port {settings.redis_port}
dir {folder}
daemonize no
save ""
appendonly no
maxmemory 256mb
maxmemory-policy noeviction
set-proc-title no
""",
        encoding="utf-8",
    )


def _make_folder(settings: Settings, data: Path, user: str | None) -> None:
    """The folder of the cluster; elsewhere when PostgreSQL's account may not even enter the checkout (`/root`)."""
    shutil.rmtree(data.resolve(), ignore_errors=True)
    data.unlink(missing_ok=True)
    if user is None or _may_enter(user, data.parent):
        data.mkdir(mode=0o700)
    else:
        name = str(data).strip("/").replace("/", "-")
        real = Path("/var/lib/postgresql") / name
        shutil.rmtree(real, ignore_errors=True)
        real.mkdir(mode=0o700)
        data.symlink_to(real)
        print(f"  the account {user} may not enter {settings.instance_dir}: the cluster lies in {real}")
    if user is not None:
        shutil.chown(data.resolve(), user, user)


def _may_enter(user: str, folder: Path) -> bool:
    asked = subprocess.run(["test", "-x", str(folder)], user=user, group=user, extra_groups=(), check=False)
    return asked.returncode == 0


def _as_user(user: str | None, command: list[str]) -> None:
    done = subprocess.run(
        command, user=user, group=user, extra_groups=() if user else None, cwd="/",
        env=os.environ | {"LC_ALL": "C.UTF-8"}, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")
