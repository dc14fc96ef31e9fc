"""The source against a live server: nodes that are missing, full buffers, full queues, history, restarts."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest

import instruments
from hydromet.errors import DeviceError
from hydromet.source import load_text
from instruments import station
from instruments.base import Link
from instruments.opcua import link as link_module
from instruments.opcua import upkeep
from instruments.opcua.browse import first_station
from instruments.opcua.session import Saved
from instruments.opcua.source import make, pki_of
from tests.instruments.opcua.certificates import files
from tests.instruments.opcua.logger import Logger, Memory, station_text, wait_for
from tests.instruments.opcua.proxy import Proxy
from tests.instruments.opcua.servers import URI, Server, why_no_node

# One worker plays all scenes, and its tests look at them.
pytestmark = pytest.mark.xdist_group("opcua source")

OPEN = ", security: None"
NO_NODE = why_no_node()
AT_ONCE = 9


SCENES = {}


def scene(function):
    """A test that plays at the same time as all others of this module: each is mostly waiting."""
    SCENES[function.__name__] = function

    def test(scenes):
        scenes[function.__name__].result()

    test.__name__, test.__doc__ = function.__name__, function.__doc__
    return test


@pytest.fixture(scope="module")
def scenes(tmp_path_factory, request):
    """All scenes that were asked for, running, on one server with its own folder for each."""
    asked = {item.name for item in request.session.items}
    folder = tmp_path_factory.mktemp("source")
    kept = upkeep.AUDIT, link_module._REFUSED_DELAY
    upkeep.AUDIT, link_module._REFUSED_DELAY = 1.0, 0.5
    try:
        with Server("asyncua", folder, tags=6) as server, ThreadPoolExecutor(AT_ONCE) as pool:
            running = {}
            for name, play in SCENES.items():
                if name not in asked:
                    continue
                own = folder / name
                own.mkdir()
                running[name] = pool.submit(play, server, own)
            wait(running.values())
            yield running
    finally:
        upkeep.AUDIT, link_module._REFUSED_DELAY = kept


def secured(folder):
    """Options of an asyncua server that encrypts and knows the logger, and of its section in the station file."""
    pki = pki_of(str(folder / "station.yaml"))
    pki.own()
    certificate, key = files(folder / "server")
    (pki.trusted / "server.der").write_bytes(certificate.read_bytes())
    names = {"certificate": str(certificate), "key": str(key), "trusted": [str(pki.certificate_file)]}
    return {"security": {"policies": ["Aes256_Sha256_RsaPss"], **names}}, ", security: Aes256_Sha256_RsaPss"


def whole(values, first=1):
    """Every tick from the first to the last, once."""
    return values[first:] == [values[first] + number for number in range(len(values) - first)]


@scene
def test_a_missing_node_is_one_bad_tag_and_found_when_it_comes(server, tmp_path):
    text = station_text(server.url, ["T0", "T1", "Later"], uri=URI, more=OPEN)
    with Logger(text, tmp_path) as logger:
        wait_for(lambda: len(logger.values("T0")) > 5)
        (row,) = logger.sink.rows(logger.tags["Later"])
        assert row[4] != row[4]
        assert row[5] == 0x80340000
        assert "Later" in logger.sink.events("missing")[0]
        server.tell("rename T4 Later")
        wait_for(lambda: len(logger.values("Later")) > 5)
    assert whole(logger.values("T0"))
    (gap,) = [gap for gap in logger.sink.gaps if gap.cause == "node"]
    assert gap.tags == ("Later",)
    assert gap.end_ns <= logger.sink.rows(logger.tags["Later"])[2][3]


@scene
def test_a_renamed_node_is_noticed_and_the_others_run_on(server, tmp_path):
    text = station_text(server.url, ["T0", "T5", "T2"], uri=URI, more=OPEN)
    with Logger(text, tmp_path) as logger:
        wait_for(lambda: len(logger.values("T5")) > 5)
        server.tell("rename T5 Elsewhere")
        wait_for(lambda: logger.sink.rows(logger.tags["T5"])[-1][5] == 0x80340000)
        count = len(logger.values("T0"))
        wait_for(lambda: len(logger.values("T0")) > count + 10)
    assert whole(logger.values("T0"))
    assert whole(logger.values("T2"))


@scene
def test_a_full_recorder_leaves_the_data_on_the_server(server, tmp_path):
    text = station_text(server.url, ["T0"], uri=URI, more=OPEN)
    with Logger(text, tmp_path) as logger:
        wait_for(lambda: len(logger.values("T0")) > 5)
        logger.sink.full = True
        time.sleep(8)
        assert logger.sink.events("disconnected") == []
        logger.sink.full = False
        count = len(logger.values("T0"))
        wait_for(lambda: len(logger.values("T0")) > count + 100)
    assert logger.sink.gaps == [], logger.sink.reports
    assert whole(logger.values("T0"))


@scene
def test_a_queue_that_ran_over_is_a_gap_even_if_the_server_keeps_it_to_itself(server, tmp_path):
    text = station_text(server.url, ["T0"], uri=URI, more=OPEN).replace("100 ms}", "100 ms, queue: 10}")
    with Logger(text, tmp_path) as logger:
        wait_for(lambda: len(logger.values("T0")) > 5)
        logger.sink.full = True
        time.sleep(5)
        logger.sink.full = False
        wait_for(lambda: logger.sink.gaps)
        count = len(logger.values("T0"))
        wait_for(lambda: len(logger.values("T0")) > count + 10)
    values = logger.values("T0")
    there = set(values)
    missing = [time_ns for time_ns, value in server.ticks() if values[1] < value < values[-1] and value not in there]
    assert missing
    assert all(any(gap.start_ns <= time_ns <= gap.end_ns for gap in logger.sink.gaps) for time_ns in missing)
    assert {gap.cause for gap in logger.sink.gaps} == {"overflow"}


@scene
def test_history_fills_what_the_subscription_lost(server, tmp_path):
    """The session is gone after the cut, as with a server that closes sessions with their connection."""
    del server
    with Server("asyncua", tmp_path, tags=2, history=True) as server, Proxy(server.port) as proxy:
        text = station_text(proxy.url, ["T0", "T1"], uri=URI, more=OPEN)
        with Logger(text, tmp_path) as logger:
            wait_for(lambda: len(logger.values("T0")) > 5)
            state = tmp_path / "state" / "plc.0.session"
            assert Saved.read(state).token
            proxy.set("cut")
            time.sleep(1)
            server.tell("forget")
            time.sleep(1)
            proxy.set("open")
            wait_for(lambda: logger.sink.events("backfilled"))
    for tag in ("T0", "T1"):
        values = sorted(logger.values(tag))
        assert whole(values)
    assert logger.sink.gaps == []


@scene
def test_history_after_the_logger_was_away(server, tmp_path):
    """The session is gone: what came after the last reading on disk is in the archive."""
    del server
    with Server("asyncua", tmp_path, tags=1, history=True) as server:
        text, sink = station_text(server.url, ["T0"], uri=URI, more=OPEN), Memory()
        with Logger(text, tmp_path, sink) as logger:
            wait_for(lambda: len(logger.values("T0")) > 10)
        server.tell("forget")
        last = sink.rows(1)[-1][3]
        time.sleep(2)
        with Logger(text, tmp_path, sink, last):
            wait_for(lambda: sink.events("backfilled"))
    assert whole(sorted(sink.values(1)))
    assert sink.gaps == []


@scene
def test_a_restart_of_the_logger_goes_on_in_the_same_session(server, tmp_path):
    text = station_text(server.url, ["T0", "T1"], uri=URI, more=OPEN)
    sink = Memory()
    for _ in range(3):
        with Logger(text, tmp_path, sink) as logger:
            count = len(logger.values("T0"))
            wait_for(lambda: len(logger.values("T0")) > count + 10)  # noqa: B023
        time.sleep(1)
    for tag in ("T0", "T1"):
        assert whole(sink.values(logger.tags[tag]))
    assert sink.gaps == []
    assert len(sink.events("resumed")) >= 2


@scene
def test_a_changed_station_makes_a_new_subscription(server, tmp_path):
    sink = Memory()
    with Logger(station_text(server.url, ["T0"], uri=URI, more=OPEN), tmp_path, sink) as logger:
        wait_for(lambda: len(logger.values("T0")) > 5)
    last = sink.rows(1)[-1][3]
    with Logger(station_text(server.url, ["T0", "T1"], uri=URI, more=OPEN), tmp_path, sink, last) as logger:
        wait_for(lambda: len(logger.values("T1")) > 5)
        wait_for(lambda: sink.gaps)
    assert sink.events("resumed") == []
    assert {gap.cause for gap in sink.gaps} == {"logger"}


def killed(server, folder, more=OPEN, meanwhile=lambda: None, times=1):
    """The logger as the command line starts it, killed with -9; every tick is there, once."""
    tags = ["T0", "T1", "T2"]
    file, run = folder / "station.yaml", folder / "run"
    # node-opcua looks by a timer, and two ticks between two looks are one to it: it is to look often.
    file.write_text(station_text(server.url, tags, uri=URI, more=more, sampling="20 ms"))
    command = [sys.executable, "-c", "from hydromet.cli.app import main; main()", "log"]

    def readings():
        try:
            return json.loads((run / "status.json").read_text())["readings"]
        except (OSError, ValueError):
            return 0

    for signal_number in (*[signal.SIGKILL] * times, signal.SIGTERM):
        count = readings()
        start = [*command, "start", str(file), "-o", str(run)]
        logger = subprocess.Popen(start, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
        try:
            wait_for(lambda: readings() > count + 60 or logger.poll() is not None, 120)  # noqa: B023
            if count:
                wait_for(lambda: list(instruments.events(run)["kind"]).count("resumed") >= ups, 120)  # noqa: B023
        finally:
            logger.send_signal(signal_number)
            _, words = logger.communicate(timeout=120)
        assert logger.returncode == (0 if signal_number == signal.SIGTERM else -signal_number), words
        ups = list(instruments.events(run)["kind"]).count("resumed") + 1
        meanwhile()
        time.sleep(1)
    frame = instruments.read(run)
    for tag in tags:
        values = frame[frame["tag"] == tag]["value"].dropna().tolist()
        assert len(values) > 50
        never = [value for value in server.merged().get(tag, ()) if values[0] < value < values[-1]]
        assert whole(sorted([*values, *never]) if never else values, 5)
    assert len(instruments.gaps(run)) == 0
    verified = subprocess.run([*command, "verify", str(run)], capture_output=True, check=False)
    assert verified.returncode == 0, verified.stdout


@scene
def test_killed_and_the_session_gone_the_archive_has_the_rest(server, tmp_path):
    """What is on disk and what the archive has overlap in the last half second: nothing lost, nothing twice."""
    del server
    with Server("asyncua", tmp_path, tags=3, history=True) as server:
        killed(server, tmp_path, meanwhile=lambda: server.tell("forget"))


@scene
def test_killed_with_the_server_alive_nothing_is_lost(server, tmp_path):
    killed(server, tmp_path, times=2)


@scene
def test_killed_with_a_secured_server_alive_nothing_is_lost(server, tmp_path):
    del server
    options, more = secured(tmp_path)
    with Server("asyncua", tmp_path, tags=3, **options) as server:
        killed(server, tmp_path, more)


@scene
def test_killed_with_node_opcua_alive_nothing_is_lost(server, tmp_path):
    del server
    if NO_NODE:
        pytest.skip(NO_NODE)
    with Server("node", tmp_path, tags=3) as server:
        killed(server, tmp_path)


@scene
def test_killed_with_a_server_that_keeps_no_session(server, tmp_path):
    """python-opcua: what was not recorded is within gap rows."""
    del server
    with Server("opcua", tmp_path, tags=1) as server:
        text, sink = station_text(server.url, ["T0"], uri=URI, more=OPEN), Memory()
        with Logger(text, tmp_path, sink):
            wait_for(lambda: len(sink.values(1)) > 10)
        time.sleep(1)
        with Logger(text, tmp_path, sink, sink.rows(1)[-1][3]):
            wait_for(lambda: sink.gaps)
    values = sink.values(1)
    assert values == sorted(set(values))
    missing = [at for at, value in server.ticks() if values[1] < value < values[-1] and value not in values]
    assert missing
    assert all(any(gap.start_ns <= at <= gap.end_ns for gap in sink.gaps) for at in missing)
    assert {gap.cause for gap in sink.gaps} == {"logger"}


@scene
def test_the_first_station_file_of_a_server_can_be_logged(server, tmp_path):
    text = first_station(server.url, "found", pki_of(str(tmp_path / "station.yaml")))
    found = station.check(load_text(text, str(tmp_path / "station.yaml")))
    assert set(found.file.tags) >= {"T0", "T1", "T2"}
    assert found.file.tags["T0"].unit == "degC"
    assert found.file.tags["T0"].range.high == 1e9
    checks = make(found, "plc").check(30.0)
    assert {(one.unit, one.low, one.trouble) for one in checks if one.tag in ("T0", "T1", "T2")} == {("degC", 0.0, "")}


@scene
def test_the_file_is_held_against_what_the_server_says(server, tmp_path):
    text = station_text(server.url, ["T0", "T1", "T2"], uri=URI, more=OPEN)
    text = text.replace("s=T1', unit: ''", "s=T1', unit: K").replace(
        "s=T2', unit: ''", "s=T2', unit: degC, range: -5..20"
    )
    found = make(station.check(load_text(text, str(tmp_path / "station.yaml"))), "plc").check(30.0)
    trouble = {one.tag: one.trouble for one in found}
    assert "degC" in trouble["T0"]
    assert "K" in trouble["T1"]
    assert "EURange" in trouble["T2"]


@scene
def test_a_namespace_at_another_index_after_a_restart(server, tmp_path):
    del server
    with Server("asyncua", tmp_path, tags=2) as server:
        text = station_text(server.url, ["T0"], uri=URI, more=OPEN)
        with Logger(text, tmp_path) as logger:
            wait_for(lambda: len(logger.values("T0")) > 5)
            server.kill()
            server.start(first=5000, namespaces=["urn:another", "urn:third"])
            wait_for(lambda: logger.values("T0")[-1] > 5010)
    assert whole([value for value in logger.values("T0") if value >= 5000])


@scene
def test_refusals_are_reported_and_tried_again(server, tmp_path):
    """The certificate is trusted while the logger waits: it goes on by itself."""
    del server
    certificate, key = files(tmp_path / "server")
    security = {"policies": ["Basic256Sha256"], "certificate": str(certificate), "key": str(key)}
    with Server("asyncua", tmp_path, tags=1, security=security) as server:
        text = station_text(server.url, ["T0"], uri=URI, more=", security: Basic256Sha256")
        with Logger(text, tmp_path) as logger:
            wait_for(lambda: any(link is Link.refused for link, _ in logger.sink.reports))
            (rejected,) = (tmp_path / "pki" / "rejected").iterdir()
            rejected.rename(tmp_path / "pki" / "trusted" / rejected.name)
            wait_for(lambda: len(logger.values("T0")) > 3)
    assert any("E053" in words for _, words in logger.sink.reports)


def test_nothing_in_here_can_write():
    """No module of the source calls the services that change a server."""
    folder = Path(instruments.__file__).parent / "opcua"
    text = "\n".join(file.read_text() for file in folder.glob("*.py"))
    for call in (
        ".write(params",
        "write_value",
        "write_attribute",
        "history_update",
        ".call(",
        "set_value",
        "add_nodes",
    ):
        assert call not in text
    assert issubclass(DeviceError, ValueError)
