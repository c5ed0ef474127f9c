"""Numbers of the IVR's rules, read from `HOTLINE_IVR_*`; shared ones stand in `services/settings.py`."""

from pydantic_settings import BaseSettings, SettingsConfigDict


class IvrSettings(BaseSettings):
    """Units stand in the names; the rule of domain.md stands behind each."""

    model_config = SettingsConfigDict(env_prefix="HOTLINE_IVR_", env_file=".env", extra="ignore")

    story_lookup_budget_s: float = 3.0
    key_timeout_s: float = 5.0  # I-04
    inter_digit_timeout_s: float = 4.0
    no_input_limit: int = 2  # I-04
    invalid_limit: int = 2  # I-04
    account_tries: int = 3  # I-09
    verification_tries: int = 3  # SEC-22
    tickets_spoken: int = 3
    urge_again_min: int = 30
    planned_outage_days: int = 7  # O-01
    planned_outages_spoken: int = 2
    silent_listen_s: int = 5  # R3-47
    noise_ms: int = 300  # sound of that length is a person

    # Minutes until the crew is there, by class of the address (T-04).
    arrival_urban_min: int = 45
    arrival_rural_min: int = 90
    arrival_remote_min: int = 120
    reconnect_h: int = 24  # T-21

    # QUEUE_PRIO of callers who are served first (I-10); the emergency's own priority stands in the menu.
    life_support_priority: int = 8
    special_priority: int = 7
    first_class_priority: int = 6
    second_class_priority: int = 5

    message_limit_s: float = 120.0
    message_silence_s: int = 8
    drain_s: float = 8.0  # shorter than the supervisor waits before it kills
