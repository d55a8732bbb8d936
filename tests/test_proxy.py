"""The example of a proxy that speaks TLS, before the real `briefing serve`."""

import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
import trustme

from tests.daytime import COMMAND
from tests.listener import free_port
from tests.mail.relays import Taken, real, sending
from tests.waiting import PATIENCE, wait_for
from tests.web.served import FORM

pytestmark = pytest.mark.slow

EXAMPLE = (Path(__file__).parents[1] / "examples" / "deploy" / "nginx.conf").read_text()
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin")
SETTINGS = """
name = "World Desk"
[web]
address = "https://briefing.example"
{mail}
"""
#: What nginx wants around a server, all in one folder.
AROUND = """
daemon off;
pid {folder}/pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {server}
}}
"""


def example(folder: Path, *, serve: int, plain: int, tls: int) -> str:
    """Return the example with the ports and files of a test instead of those of a server."""
    changed = {
        r"listen 80;": f"listen 127.0.0.1:{plain};",
        r"listen 443 ssl;": f"listen 127.0.0.1:{tls} ssl;",
        r"listen \[::\]:\d+( ssl)?;": "",
        r"\S+/fullchain.pem": f"{folder}/chain.pem",
        r"\S+/privkey.pem": f"{folder}/key.pem",
        r"http://127.0.0.1:8000": f"http://127.0.0.1:{serve}",
        r"Host \$host": "Host $http_host",
    }
    text = EXAMPLE
    for pattern, instead in changed.items():
        text, count = re.subn(pattern, instead, text)
        assert count, pattern
    return AROUND.format(folder=folder, server=text)


@contextmanager
def running(command: list[str], *, ready: str) -> Iterator[None]:
    """Run a program until the end of the block, from the line that says it is ready."""
    with subprocess.Popen(  # noqa: S603  our own words
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as there:
        try:
            assert there.stdout
            assert any(ready in line for line in there.stdout)
            yield
        finally:
            there.kill()


@pytest.fixture
def proxied(tmp_path: Path) -> Iterator[tuple[httpx2.Client, int, list[Taken]]]:
    """Yield a client of the proxy, its port without TLS, and the mails that went out."""
    authority = trustme.CA()
    proof = authority.issue_cert("127.0.0.1")
    proof.cert_chain_pems[0].write_to_path(tmp_path / "chain.pem")
    proof.private_key_pem.write_to_path(tmp_path / "key.pem")
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    serve, plain, tls = free_port(), free_port(), free_port()
    (tmp_path / "nginx.conf").write_text(example(tmp_path, serve=serve, plain=plain, tls=tls))
    briefing = [*COMMAND, "serve"]
    config = tmp_path / "briefing.toml"
    with real() as (relay, taken):
        config.write_text(SETTINGS.format(mail=sending(relay)))
        nginx = [NGINX or "", "-e", "stderr", "-g", "error_log stderr notice;"]
        with (
            running([*briefing, f"--port={serve}", f"--config={config}"], ready="next edition"),
            running([*nginx, "-c", str(tmp_path / "nginx.conf")], ready="start worker process"),
            httpx2.Client(
                base_url=f"https://127.0.0.1:{tls}", verify=trust, timeout=PATIENCE
            ) as client,
        ):
            yield client, plain, taken


@pytest.mark.skipif(not NGINX, reason="no nginx on this machine")
def test_a_reader_signs_up_through_a_proxy(proxied: tuple[httpx2.Client, int, list[Taken]]) -> None:
    client, plain, taken = proxied
    form = client.get("/subscribe", timeout=PATIENCE)
    assert form.status_code == 200
    assert "max-age" in form.headers["Strict-Transport-Security"]
    origin = {"Origin": str(client.base_url).rstrip("/")}
    asked = {**FORM, "mail": "osei@readers.example"}
    assert client.post("/subscribe", data=asked, headers=origin).status_code in {200, 303}
    foreign = {"Origin": "https://evil.example"}
    assert client.post("/subscribe", data=asked, headers=foreign).status_code == 403
    # What is only for operators is not open to who comes through the proxy, whatever they claim.
    assert client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 404
    moved = httpx2.get(f"http://127.0.0.1:{plain}/subscribe", timeout=PATIENCE)
    assert moved.status_code == 301
    assert moved.headers["Location"].startswith("https://")
    wait_for(lambda: taken)
    assert b"https://briefing.example" in taken[0].message
