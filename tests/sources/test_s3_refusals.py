"""Every refusal of S3 in our words: answers that no test server gives by itself, from one that gives any."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from llmaudit.errors import ReadError
from llmaudit.sources import Unopenable, find

from .s3_server import settings

LISTING = b"""<ListBucketResult><IsTruncated>false</IsTruncated><Contents>
<Key>logs/a.jsonl</Key><ETag>&quot;5bbf5a52328e7439ae6e719dfe712200&quot;</ETag><Size>4</Size>
</Contents></ListBucketResult>"""

Refuse = Callable[[str, int, str], None]


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Refuse]:
    """A function that sets up a server which refuses `listing` or `reading` with an HTTP status and an error code."""
    with ExitStack() as running:

        def refuse(what: str, status: int, code: str) -> None:
            class Handler(BaseHTTPRequestHandler):
                def do_GET(self) -> None:
                    if what == "listing" or "list-type" not in self.path:
                        content = f"<Error><Code>{code}</Code><Message>key AKIASECRET</Message></Error>".encode()
                        self._answer(status, content)
                    else:
                        self._answer(200, LISTING)

                def do_HEAD(self) -> None:
                    self._answer(200, b"abcd", {"ETag": '"5bbf5a52328e7439ae6e719dfe712200"'})

                def _answer(self, status: int, content: bytes, headers: dict[str, str] | None = None) -> None:
                    self.send_response(status)
                    region = {"x-amz-bucket-region": "eu-central-1"} if status == 301 else {}
                    for name, value in {"Content-Length": str(len(content)), **region, **(headers or {})}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    if self.command != "HEAD":
                        self.wfile.write(content)

                def log_message(self, format: str, *args: object) -> None:
                    pass

            server = running.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
            thread = Thread(target=server.serve_forever, daemon=True)
            thread.start()
            running.callback(server.shutdown)
            for name, value in settings(f"http://127.0.0.1:{server.server_port}").items():
                monkeypatch.setenv(name, value)

        yield refuse


@pytest.mark.parametrize(
    ("status", "code", "message", "hint"),
    [
        (403, "AccessDenied", "access denied", "s3:ListBucket"),
        (404, "NoSuchBucket", "there is no bucket bucket", "AWS_ENDPOINT_URL"),
        (403, "SignatureDoesNotMatch", "the AWS credentials are not accepted (SignatureDoesNotMatch)", "AWS_PROFILE"),
        (400, "ExpiredToken", "the AWS credentials are not accepted (ExpiredToken)", "aws sso login"),
        (301, "PermanentRedirect", "the bucket bucket is in another region", "AWS_DEFAULT_REGION=eu-central-1"),
        (400, "IllegalLocationConstraintException", "the bucket bucket is in another region", "AWS_DEFAULT_REGION"),
        (503, "SlowDown", "S3 is busy or out of order (SlowDown)", "try again later"),
        (400, "SomethingNew", "S3 refuses it (SomethingNew)", "AWS_PROFILE"),
    ],
)
def test_listing_refused(refusing: Refuse, temporary: Path, status: int, code: str, message: str, hint: str) -> None:
    refusing("listing", status, code)
    with pytest.raises(ReadError) as caught:
        find(["s3://bucket/logs/"], temporary)
    assert str(caught.value).startswith(f"s3://bucket/logs/: {message}")
    assert hint in (caught.value.hint or "")
    assert "AKIASECRET" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (403, "AccessDenied", "access denied (s3:GetObject, s3:ListBucket)"),
        (403, "InvalidObjectState", "archived (Glacier): it has to be restored first"),
        (412, "PreconditionFailed", "changed while it was being read"),
        (400, "KMS.DisabledException", "S3 refuses it (KMS.DisabledException)"),
    ],
)
def test_one_object_refused_is_about_that_object(
    refusing: Refuse, temporary: Path, status: int, code: str, reason: str
) -> None:
    refusing("reading", status, code)
    ((source,), problems) = find(["s3://bucket/logs/"], temporary)
    assert problems == []
    with pytest.raises(Unopenable) as caught:
        source.open()
    assert caught.value.reason == reason
    assert str(caught.value) == f"s3://bucket/logs/a.jsonl: {reason}"


@pytest.mark.parametrize("code", ["ExpiredToken", "SlowDown"])
def test_what_every_object_would_meet_ends_the_run(refusing: Refuse, temporary: Path, code: str) -> None:
    refusing("reading", 400, code)
    ((source,), _) = find(["s3://bucket/logs/"], temporary)
    with pytest.raises(ReadError) as caught:
        source.open()
    assert not isinstance(caught.value, Unopenable)
