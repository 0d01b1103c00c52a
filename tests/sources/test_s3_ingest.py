"""`llmaudit ingest s3://…` as a process, end to end."""

import json
from pathlib import Path

import pytest

from .s3_server import Server, gz, ingest, log, zipped


def test_a_folder(server: Server, bucket: str, db: Path) -> None:
    server.put(bucket, "logs/a.jsonl", log("1", "2"))
    server.put(bucket, "logs/deep/b.jsonl", log("2", "3"))
    server.put(bucket, "logs/_SUCCESS", b"")
    server.put(bucket, "other/c.jsonl", log("4"))
    run = ingest(f"s3://{bucket}/logs/", db=db, endpoint=server.endpoint)
    assert (run.code, run["files"], run["records"], run["calls_added"], run["duplicates"]) == (0, 3, 4, 3, 1)
    assert run["problems"] == []


def test_a_glob_of_packed_files_and_a_local_one(server: Server, bucket: str, db: Path, tmp_path: Path) -> None:
    server.put(bucket, "logs/2026-10-01/a.jsonl.gz", gz(log("1")))
    server.put(bucket, "logs/2026-10-02/b.jsonl.gz", gz(log("2")) + gz(log("3")))
    server.put(bucket, "logs/2026-11-01/c.jsonl.gz", gz(log("4")))
    (tmp_path / "local.jsonl").write_bytes(log("5"))
    url = f"s3://{bucket}/logs/2026-10-*/*.jsonl.gz"
    run = ingest(url, str(tmp_path / "local.jsonl"), db=db, endpoint=server.endpoint)
    assert (run.code, run["files"], run["calls_added"]) == (0, 3, 4)
    assert sorted(set(server.requests.downloads)) == ["logs/2026-10-01/a.jsonl.gz", "logs/2026-10-02/b.jsonl.gz"]


def test_again_downloads_only_what_has_changed(server: Server, bucket: str, db: Path) -> None:
    server.put(bucket, "logs/a.jsonl", log("1"))
    server.put(bucket, "logs/b.jsonl.gz", gz(log("2")))
    first = ingest(f"s3://{bucket}/logs/", db=db, endpoint=server.endpoint)
    assert (first["calls_added"], first["unchanged_files"]) == (2, 0)
    assert server.requests.downloads == ["logs/a.jsonl", "logs/b.jsonl.gz"]

    server.requests.lines.clear()
    again = ingest(f"s3://{bucket}/logs/", db=db, endpoint=server.endpoint)
    assert (again.code, again["files"], again["calls_added"], again["unchanged_files"]) == (0, 2, 0, 2)
    assert server.requests.lines != []
    assert server.requests.downloads == []

    server.put(bucket, "logs/a.jsonl", log("1", "3"))
    grown = ingest(f"s3://{bucket}/logs/", db=db, endpoint=server.endpoint)
    assert (grown["records"], grown["calls_added"], grown["duplicates"], grown["unchanged_files"]) == (2, 1, 1, 1)
    assert server.requests.downloads == ["logs/a.jsonl"]


def test_a_zip_is_not_downloaded_again(server: Server, bucket: str, db: Path) -> None:
    server.put(bucket, "logs.zip", zipped(a=log("1"), b=log("2")))
    assert ingest(f"s3://{bucket}/logs.zip", db=db, endpoint=server.endpoint)["calls_added"] == 2
    assert [line.partition(" ")[0] for line in server.requests.lines].count("HEAD") == 2
    server.requests.lines.clear()
    again = ingest(f"s3://{bucket}/logs.zip", db=db, endpoint=server.endpoint)
    assert (again["calls_added"], again["unchanged_files"]) == (0, 2)
    # The transfer of a whole object begins with a HEAD; here only the one that finds it is left.
    assert [line.partition(" ")[0] for line in server.requests.lines].count("HEAD") == 1


def test_problems_name_the_object_and_the_line(server: Server, bucket: str, db: Path) -> None:
    server.put(bucket, "logs/torn.jsonl.gz", gz(log("1", "2"))[:-4])
    server.put(bucket, "logs/bad.jsonl", log("3") + b"{broken\n" + log("4"))
    server.put(bucket, "logs/picture", b"\x89PNG\r\n\x1a\n\0\0")
    server.put(bucket, "logs/packed", zipped(a=log("5")))
    run = ingest(f"s3://{bucket}/logs/", db=db, endpoint=server.endpoint)
    assert (run.code, run["calls_added"], run["unreadable"]) == (0, 4, 1)
    at = {(problem["file"].removeprefix(f"s3://{bucket}/logs/"), problem["line"]) for problem in run["problems"]}
    assert at == {("torn.jsonl.gz", None), ("bad.jsonl", 2), ("picture", None), ("packed", None)}
    assert f"s3://{bucket}/logs/bad.jsonl:2" in run.stderr
    assert "in S3 under a name without .zip" in run.stderr


def test_a_missing_bucket(server: Server, db: Path) -> None:
    run = ingest("s3://no-such-bucket-here/logs/", db=db, endpoint=server.endpoint)
    assert (run.code, run.stdout) == (2, "")
    assert "s3://no-such-bucket-here/logs/: there is no bucket no-such-bucket-here" in run.stderr
    assert "AWS_ENDPOINT_URL" in run.stderr
    named = ingest("s3://no-such-bucket-here/logs.jsonl", db=db, endpoint=server.endpoint)
    assert named.code == 2
    assert "there is no bucket no-such-bucket-here" in named.stderr


def test_credentials_without_the_right(aws: Server, bucket: str, db: Path) -> None:
    import boto3

    server = aws
    server.put(bucket, "logs/a.jsonl", log("1"))
    iam = boto3.client("iam")
    iam.create_user(UserName=bucket)
    key = iam.create_access_key(UserName=bucket)["AccessKey"]
    mine = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    with server.enforcing_rights():
        runs = [
            ingest(f"s3://{bucket}/{path}", db=db, endpoint=server.endpoint, **mine)
            for path in ("logs/", "logs/a.jsonl")
        ]
        unknown = ingest(f"s3://{bucket}/logs/", db=db, endpoint=server.endpoint)
    for run, path in zip(runs, ("logs/", "logs/a.jsonl"), strict=True):
        assert (run.code, run.stdout) == (2, "")
        assert f"s3://{bucket}/{path}: access denied" in run.stderr
        assert "AWS_PROFILE" in run.stderr
        assert key["SecretAccessKey"] not in run.stderr
        assert key["AccessKeyId"] not in run.stderr
    assert unknown.code == 2
    assert "the AWS credentials are not accepted (InvalidAccessKeyId)" in unknown.stderr

    listing = {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": "*"}
    server.put(bucket, "logs/b.zip", zipped(b=log("2")))
    policy = json.dumps({"Version": "2012-10-17", "Statement": [listing]})
    iam.put_user_policy(UserName=bucket, PolicyName="listing", PolicyDocument=policy)
    with server.enforcing_rights():
        listed = ingest(f"s3://{bucket}/logs/", db=db, endpoint=server.endpoint, **mine)
    assert listed.code == 2
    for key in ("a.jsonl", "b.zip"):
        assert f"s3://{bucket}/logs/{key}: cannot be opened: access denied (s3:GetObject" in listed.stderr


def test_no_credentials(server: Server, bucket: str, db: Path) -> None:
    run = ingest(
        f"s3://{bucket}/logs/", db=db, endpoint=server.endpoint, AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY=""
    )
    assert run.code == 2
    assert f"s3://{bucket}/logs/: there are no AWS credentials" in run.stderr
    assert "set AWS_PROFILE" in run.stderr


def test_a_profile_that_is_not_there(server: Server, bucket: str, db: Path) -> None:
    run = ingest(f"s3://{bucket}/logs/", db=db, endpoint=server.endpoint, AWS_PROFILE="nobody")
    assert run.code == 2
    assert "AWS_PROFILE names a profile that is not there" in run.stderr


@pytest.mark.parametrize(
    ("endpoint", "message"),
    [
        ("http://127.0.0.1:9", "the S3 endpoint 127.0.0.1:9 cannot be reached"),
        ("http://user:hunter2@127.0.0.1:9", "the S3 endpoint 127.0.0.1:9 cannot be reached"),
        ("no address", "AWS_ENDPOINT_URL is not an address"),
    ],
)
def test_an_endpoint_that_does_not_answer(db: Path, endpoint: str, message: str) -> None:
    run = ingest("s3://bucket/logs/", db=db, endpoint=endpoint)
    assert (run.code, run.stdout) == (2, "")
    assert f"s3://bucket/logs/: {message}" in run.stderr
    assert "AWS_ENDPOINT_URL" in run.stderr
    assert "hunter2" not in run.stderr


def test_a_name_that_no_bucket_has(server: Server, db: Path) -> None:
    run = ingest("s3://Not A Bucket/logs/", db=db, endpoint=server.endpoint)
    assert run.code == 2
    assert "not the name of a bucket" in run.stderr
