"""Numbers about this process for Prometheus at `/metrics`. No label holds personal data."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


class Metrics:
    """Own registry per process object, so that a test may build several."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "desktop_requests_total", "HTTP requests by declared path", ["method", "path", "status"],
            registry=self.registry,
        )
        self.request_seconds = Histogram(
            "desktop_request_seconds", "Time to answer by declared path", ["method", "path"], registry=self.registry
        )
        self.pop_seconds = Histogram(
            "desktop_pop_seconds", "Time from the ringing event to the pop on its way to the page",
            registry=self.registry, buckets=(0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5),
        )
        self.connections = Gauge("desktop_live_connections", "Open WebSockets", ["view"], registry=self.registry)
        self.closed_slow = Counter("desktop_live_closed_slow_total", "Pages too slow to follow", registry=self.registry)
        self.live_events = Counter("desktop_live_events_total", "Events from Redis by op", ["op"],
                                   registry=self.registry)
        self.live_connected = Gauge("desktop_live_subscribed", "1 while Redis feeds this process",
                                    registry=self.registry)
        self.sip_connections = Gauge("desktop_sip_connections", "Softphones forwarded to Asterisk",
                                     registry=self.registry)

    def text(self) -> bytes:
        return generate_latest(self.registry)
