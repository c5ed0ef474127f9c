"""Settings of every process, read from the environment (`HOTLINE_*`) or a `.env` file.

The defaults run a whole system on one machine. `port_offset` moves every port of an instance, so that
a demo and a test run live beside each other; `rtp_start` moves with it.
"""

from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field, computed_field
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT_ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """One instance of the contact centre. Units stand in the names."""

    model_config = SettingsConfigDict(env_prefix="HOTLINE_", env_file=".env", extra="ignore")

    instance: str = "demo"
    var_dir: Path = PROJECT_ROOT / "var"
    port_offset: int = 0
    time_zone: str = "Asia/Shanghai"
    company: str = "海宁市供电公司"
    province: str = "浙江"

    host: str = "127.0.0.1"
    asterisk_host: str = "127.0.0.1"
    carrier_host: str = "127.0.0.1"  # where calls to customers go
    carrier_network: str = "127.0.0.1/32"  # the trunk is known by its address: who calls from here is the carrier
    ami_network: str = "127.0.0.1/255.255.255.255"  # from where AMI may be used
    ivr_host: str = "127.0.0.1"
    # Ports before the offset; read the `*_port` properties.
    sip_base_port: int = 15060
    carrier_base_port: int = 15090
    ami_base_port: int = 15038
    asterisk_http_base_port: int = 18088
    asterisk_https_base_port: int = 18089
    agi_base_port: int = 14573
    audiosocket_base_port: int = 19092
    desktop_base_port: int = 18080
    postgres_base_port: int = 15432
    redis_base_port: int = 16379
    metrics_base_port: int = 19100

    database_url_override: str | None = Field(default=None, alias="HOTLINE_DATABASE_URL")
    redis_url_override: str | None = Field(default=None, alias="HOTLINE_REDIS_URL")

    ami_events_user: str = "acd"
    ami_actions_user: str = "actions"
    ami_events_secret: str = "change-me-events"
    ami_actions_secret: str = "change-me-actions"
    ari_user: str = "desktop"
    ari_secret: str = "change-me-ari"
    sip_realm: str = "hotline95598"
    session_secret: str = "change-me-session"
    demo_password: str = "demo95598"

    # Time budgets and limits, each named where domain.md numbers it.
    lookup_budget_ms: int = 800  # I-01
    agi_command_timeout_s: float = 60.0
    ami_action_timeout_s: float = 5.0
    # The voice's own environment (`make voice`); without it what changes is told in committed sentences.
    voice_python: Path = PROJECT_ROOT / ".venv-voice" / "bin" / "python"
    voice_timeout_s: float = 120.0
    wrap_up_s: int = 30
    wrap_up_extension_s: int = 30
    wrap_up_limit_s: int = 900
    call_limit_s: int = 7200
    missed_rings_limit: int = 2  # in a row, then the agent is paused
    phone_restore_s: int = 120  # a phone that is back within this time takes up its former state
    callback_attempts: int = 3
    callback_interval_s: int = 300  # between two attempts
    callback_wait_limit_s: int = 3600  # how long one attempt may wait for an agent
    acd_lease_s: float = 3.0  # a standby takes over this long after the holder's last sign of life
    ivr_silence_s: int = 8  # an IVR process that accepts a call and says nothing is left after this
    queue_limit_s: int = 900  # then the caller may leave a message
    emergency_queue_limit_s: int = 120  # while our servers are down
    message_limit_s: int = 180

    # Workers.
    worker_concurrency: int = 4
    reconcile_grace_s: int = 120  # a call is looked for elsewhere only when it is older
    reconcile_window_h: int = 24  # how far back Asterisk's own list of calls is compared
    notice_gateway_url: str | None = None  # None: messages to customers are written to the instance's outbox
    notice_timeout_s: float = 10.0
    notice_attempts: int = 8

    # The desktop: sessions of people, the live connection, what a desk is told.
    session_idle_s: int = 3600
    session_limit_s: int = 12 * 3600
    login_failures: int = 5  # of one staff number from one address, within the window
    login_window_s: int = 300
    presence_s: int = 15  # life of a desk's presence key
    live_backlog: int = 500  # messages a slow page may owe before it is closed (4410)
    live_message_limit_bytes: int = 4096
    board_interval_s: float = 1.0
    # From where the board colours: seconds in a state, percent answered in time.
    board_wait_danger_s: int = 60
    board_service_level_warning: float = 80.0
    board_service_level_danger: float = 70.0
    board_talk_warning_s: int = 180  # R3-17
    board_talk_danger_s: int = 480
    board_wrap_up_warning_s: int = 120
    board_menu_warning_s: int = 60
    board_menu_danger_s: int = 180
    late_pick_up_s: int = 12  # R3-02: beyond it the greeting starts with an apology
    silent_call_min_s: int = 15  # R3-47: three times five seconds before the agent may end it
    reports_days: int = 180  # how far back the pop looks for earlier contacts

    @property
    def sip_port(self) -> int:
        return self.sip_base_port + self.port_offset

    @property
    def carrier_port(self) -> int:
        """Where the carrier's side of the trunk listens (loopback in demo and tests)."""
        return self.carrier_base_port + self.port_offset

    @property
    def ami_port(self) -> int:
        return self.ami_base_port + self.port_offset

    @property
    def asterisk_http_port(self) -> int:
        return self.asterisk_http_base_port + self.port_offset

    @property
    def asterisk_https_port(self) -> int:
        return self.asterisk_https_base_port + self.port_offset

    @property
    def agi_port(self) -> int:
        return self.agi_base_port + self.port_offset

    @property
    def audiosocket_port(self) -> int:
        return self.audiosocket_base_port + self.port_offset

    @property
    def desktop_port(self) -> int:
        return self.desktop_base_port + self.port_offset

    @property
    def postgres_port(self) -> int:
        return self.postgres_base_port + self.port_offset

    @property
    def redis_port(self) -> int:
        return self.redis_base_port + self.port_offset

    @property
    def rtp_start(self) -> int:
        """First RTP port; the range is 2,000 ports."""
        return 20000 + self.port_offset * 10

    @property
    def rtp_end(self) -> int:
        return self.rtp_start + 1999

    @property
    def database_url(self) -> str:
        """SQLAlchemy URL with the psycopg 3 driver (async and sync alike)."""
        return self.database_url_override or (
            f"postgresql+psycopg://hotline@{self.host}:{self.postgres_port}/hotline"
        )

    @property
    def redis_url(self) -> str:
        return self.redis_url_override or f"redis://{self.host}:{self.redis_port}/0"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def instance_dir(self) -> Path:
        """Everything that one instance writes: `var/demo`, `var/test`."""
        return self.var_dir / self.instance

    @property
    def asterisk_dir(self) -> Path:
        """Rendered configuration, astdb, spool and logs of this instance's Asterisk."""
        return self.instance_dir / "asterisk"

    @property
    def spool_dir(self) -> Path:
        """Journals of facts that the database has not taken yet."""
        return self.instance_dir / "spool"

    @property
    def recordings_dir(self) -> Path:
        return self.instance_dir / "recordings"

    @property
    def outbox_file(self) -> Path:
        """Messages to customers while no gateway is set, one JSON object a line."""
        return self.instance_dir / "outbox" / "notices.jsonl"

    @property
    def call_records_file(self) -> Path:
        """Asterisk's own list of calls, the reconciler's independent witness."""
        return self.asterisk_dir / "log" / "cdr-csv" / "Master.csv"

    @property
    def runtime_sounds_dir(self) -> Path:
        """Sentences spoken when they were written (outages): NAME.alaw."""
        return self.instance_dir / "sounds" / "runtime"

    @property
    def messages_dir(self) -> Path:
        """Messages recorded while nobody was there: CALL_ID.wav beside CALL_ID.json."""
        return self.instance_dir / "messages"


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    return Settings()
