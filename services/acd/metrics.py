"""What Prometheus reads from the ACD process."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

EVENTS: Final = Counter("hotline_acd_events_total", "AMI events applied", ["kind"])
EVENT_ERRORS: Final = Counter("hotline_acd_event_errors_total", "AMI events whose handler failed", ["kind"])
EVENT_LAG: Final = Histogram(
    "hotline_acd_event_lag_seconds", "From Asterisk's timestamp to the applied event",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5),
)
EVENTS_WAITING: Final = Gauge("hotline_acd_events_waiting", "AMI events read and not yet applied")
CALLS: Final = Gauge("hotline_acd_calls", "Live calls")
AGENTS: Final = Gauge("hotline_acd_agents", "Agents by status", ["status"])
RESYNCS: Final = Counter("hotline_acd_resyncs_total", "Snapshots taken")
STATES_UNWRITTEN: Final = Gauge("hotline_acd_agent_states_unwritten", "Agent states that the database has not taken")
