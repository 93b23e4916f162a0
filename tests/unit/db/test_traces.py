"""Traces cost nothing where they are not switched on, and are missed by nobody where they cannot be."""

import logging
import subprocess
import sys

import pytest

from db.settings import TraceSettings
from db.traces import Traces, open_traces

ON = TraceSettings.model_validate({"otel_exporter_otlp_endpoint": "http://localhost:4318"})


def test_nothing_is_imported_unless_they_are_switched_on() -> None:
    program = (
        "import sys, bot.__main__, worker.__main__\n"
        "from db.settings import TraceSettings\n"
        "from db.traces import open_traces\n"
        "with open_traces(TraceSettings(), process='bot'): print([m for m in sys.modules if 'opentel' in m])"
    )
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "[]\n"


def test_without_the_packages_there_are_none_and_the_log_says_why(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delitem(sys.modules, "db.telemetry", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with caplog.at_level(logging.WARNING), open_traces(ON, process="bot") as traces:
        assert type(traces) is Traces
    assert "requirements/traces.txt is not installed" in caplog.text
