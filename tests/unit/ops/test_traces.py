"""Traces cost nothing where they are not switched on, and are missed by nobody where they cannot be."""

import logging
import socket
import subprocess
import sys
import threading

import pytest

from core.settings import TraceSettings, load
from ops.tracing import open_traces
from ops.tracing.traces import Traces

ON = TraceSettings.model_validate({"otel_exporter_otlp_endpoint": "http://localhost:4318"})


def test_nothing_is_imported_unless_they_are_switched_on() -> None:
    program = (
        "import sys, bot.__main__, worker.__main__\n"
        "from core.settings import TraceSettings\n"
        "from ops.tracing import open_traces\n"
        "with open_traces(TraceSettings(), process='bot'): print([m for m in sys.modules if 'opentel' in m])"
    )
    assert subprocess.check_output([sys.executable, "-c", program], text=True, timeout=60) == "[]\n"


def test_without_the_packages_there_are_none_and_the_log_says_why(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delitem(sys.modules, "ops.tracing.telemetry", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with caplog.at_level(logging.WARNING), open_traces(ON, process="bot") as traces:
        assert type(traces) is Traces
    assert "requirements/traces.txt is not installed" in caplog.text


def test_a_process_that_ends_does_not_wait_for_a_collector_that_hangs(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{hanging.getsockname()[1]}")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
        monkeypatch.setattr("ops.tracing.telemetry.CLOSE_SECONDS", 0.05)
        with open_traces(load(TraceSettings), process="bot") as traces, traces.span("one"):
            pass
        # What sends it has not given up by then; when it does, it says so.
        assert caplog.messages == []
        for thread in threading.enumerate():
            if thread.name == "closing-traces":
                thread.join(20)
        assert "Failed to export" in caplog.text
