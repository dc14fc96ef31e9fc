"""The dashboard's server: who may look, and at what."""

from __future__ import annotations

import hmac
from pathlib import Path

import aiohttp
import pytest

from hydromet.cli.app import main
from instruments.dashboard import guard
from tests.instruments.dashboard.page import TOKEN, run, served


def test_fixed_addresses_with_a_policy_and_nothing_else(running):
    async def look():
        async with served(running.run.path) as (_, address, session):
            for path in ("", "static/app.js", "static/uPlot.iife.min.js", "tags", "words?lang=ja"):
                async with session.get(address + path) as answer:
                    assert answer.status == 200, path
                    policy = answer.headers["Content-Security-Policy"]
                    assert "default-src 'none'" in policy
                    assert "unsafe" not in policy
                    assert answer.headers["X-Content-Type-Options"] == "nosniff"
            for path in ("static/../server.py", "static/%2e%2e/server.py", "..%2f..%2frun.json", "run.json", "static/"):
                async with session.get(address + path) as answer:
                    assert answer.status == 404, path
                    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            for method in ("POST", "PUT", "DELETE", "PATCH"):
                async with session.request(method, address + "tags") as answer:
                    assert answer.status == 405

    run(look())


def test_the_page_needs_nothing_from_elsewhere():
    folder = Path(guard.__file__).parent / "static"
    for file in (*folder.glob("*.html"), folder / "app.js", folder / "trends.js", folder / "app.css"):
        text = file.read_text(encoding="utf-8")
        assert "http://" not in text
        assert "https://" not in text.replace('"https:"', "")
        assert "innerHTML" not in text
        assert "<script>" not in text
    assert "MIT" in (folder / "uPlot.LICENSE.txt").read_text(encoding="utf-8")


def test_another_host_is_refused(running):
    async def look():
        async with served(running.run.path) as (page, address, session):
            for host in ("evil.example", f"evil.example:{page.port}", "127.0.0.1", f"127.0.0.1:{page.port + 1}"):
                async with session.get(address, headers={"Host": host}) as answer:
                    assert answer.status == 421, host
            async with session.get(address, headers={"Host": f"LOCALHOST:{page.port}"}) as answer:
                assert answer.status == 200

    run(look())


def test_with_a_token_the_address_the_request_came_to_is_ours(running):
    """Others in the plant know a number, and no name; a name that was made to point here stays out."""

    async def look():
        every = "0.0.0.0"  # noqa: S104
        async with served(running.run.path, host=every, token=TOKEN) as (page, _, session):
            address, token = f"http://127.0.0.2:{page.port}/", {"Authorization": f"Bearer {TOKEN}"}
            async with session.get(address + "tags", headers=token) as answer:
                assert answer.status == 200
            async with session.get(address + "tags") as answer:
                assert answer.status == 401
            for host in (f"evil.example:{page.port}", f"127.0.0.3:{page.port}", "127.0.0.2"):
                async with session.get(address + "tags", headers=token | {"Host": host}) as answer:
                    assert answer.status == 421, host
            origin = {"Origin": address.rstrip("/")}
            async with session.ws_connect(address + "live", headers=token | origin) as socket:
                assert (await socket.receive_json(timeout=5))["status"]["state"] == "recording"

    run(look())


def test_the_socket_wants_our_own_page(running):
    async def look():
        async with served(running.run.path) as (page, address, session):
            for origin in ("http://evil.example", f"http://127.0.0.1:{page.port + 1}", "null", None):
                headers = {"Origin": origin} if origin else {}
                with pytest.raises(aiohttp.WSServerHandshakeError) as error:
                    await session.ws_connect(address + "live", headers=headers)
                assert error.value.status == 403
            async with session.ws_connect(address + "live", headers={"Origin": address.rstrip("/")}) as socket:
                first = await socket.receive_json(timeout=5)
                assert first["status"]["state"] == "recording"
                await socket.send_str("stop")  # nobody listens
                assert (await socket.receive_json(timeout=5))["now"] > first["now"]

    run(look())


def test_too_many_viewers(running, monkeypatch):
    monkeypatch.setattr("instruments.dashboard.server._VIEWERS", 1)

    async def look():
        async with served(running.run.path) as (_, address, session):
            origin = {"Origin": address.rstrip("/")}
            async with session.ws_connect(address + "live", headers=origin) as socket:
                await socket.receive_json(timeout=5)
                with pytest.raises(aiohttp.WSServerHandshakeError) as error:
                    await session.ws_connect(address + "live", headers=origin)
                assert error.value.status == 503

    run(look())


def test_token(running, monkeypatch):
    monkeypatch.setattr(guard, "_PAUSE", 0.0)
    compared = []
    real = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", lambda one, other: compared.append(one) or real(one, other))

    async def look():
        async with served(running.run.path, token=TOKEN) as (_, address, session):
            async with session.get(address, allow_redirects=False) as answer:
                assert (answer.status, answer.headers["Location"]) == (302, "/login")
            for path in ("tags", "history?start=1&end=2&tags=0", "csv?start=1&end=2&tags=0", "words"):
                async with session.get(address + path) as answer:
                    assert answer.status == 401
            with pytest.raises(aiohttp.WSServerHandshakeError) as error:
                await session.ws_connect(address + "live", headers={"Origin": address.rstrip("/")})
            assert error.value.status == 401
            for wrong in ("", "x", TOKEN + "x", TOKEN[:-1], "日本"):
                async with session.post(address + "login", data={"token": wrong}) as answer:
                    assert answer.status == 401
                async with session.get(address + "tags", headers={"Authorization": f"Bearer {TOKEN}x"}) as answer:
                    assert answer.status == 401
            async with session.get(address + "tags", headers={"Authorization": f"Bearer {TOKEN}"}) as answer:
                assert answer.status == 200
            elsewhere = {"Sec-Fetch-Site": "cross-site"}
            async with session.post(address + "login", data={"token": TOKEN}, headers=elsewhere) as answer:
                assert answer.status == 403
            async with session.post(address + "login", data={"token": TOKEN}, allow_redirects=False) as answer:
                assert answer.status == 302
                cookie = answer.headers["Set-Cookie"]
                assert "HttpOnly" in cookie
                assert "SameSite=Strict" in cookie
                assert TOKEN not in cookie
            async with session.get(address + "tags") as answer:
                assert answer.status == 200

    run(look())
    assert TOKEN.encode() in compared


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.org"])  # noqa: S104
@pytest.mark.parametrize("token", ["", "short"])
def test_other_addresses_need_a_token(host, token, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HYDROMET_DASHBOARD_TOKEN", token)
    assert main(["dashboard", str(tmp_path), "--host", host]) == 2
    told = capsys.readouterr().err
    assert told.startswith("E671")
    assert "Traceback" not in told


def test_no_run_is_told(tmp_path, capsys):
    assert main(["dashboard", str(tmp_path)]) == 3
    assert capsys.readouterr().err.startswith("E030")


def test_taken_port_is_told(running, capsys):
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        one.listen()
        assert main(["dashboard", str(running.run.path), "--port", str(one.getsockname()[1])]) == 6
    assert capsys.readouterr().err.startswith("E672")
