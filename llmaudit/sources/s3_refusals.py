"""What AWS refuses, in our words: what is missing, and what to do next. Never its own message: it may name keys.

Source of the error codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html, read 2026-11-23.
A HEAD request is answered without a body, so that boto3 has only the HTTP status for a code.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from llmaudit.errors import Location, ReadError
from llmaudit.sources.source import Unopenable

_CREDENTIALS = (
    "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN), or run `aws sso login`"
)
_RIGHTS = "it takes s3:ListBucket on the bucket and s3:GetObject on what is in it; AWS_PROFILE names other credentials"
_ENDPOINT = "check the network, AWS_ENDPOINT_URL and AWS_DEFAULT_REGION"
_NOT_ACCEPTED = frozenset(
    {
        *("InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "ExpiredTokenException", "InvalidToken"),
        *("TokenRefreshRequired", "RequestTimeTooSkewed"),
        *("InvalidClientTokenId", "UnrecognizedClientException"),  # of STS, when a profile assumes a role
    }
)
_ELSEWHERE = frozenset(
    {"PermanentRedirect", "301", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"}
)
_BUSY = frozenset({"SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "500", "503"})


@contextmanager
def explained(url: str) -> Iterator[None]:
    """Raises what goes wrong inside as Unopenable when it is about this object only, else as ReadError."""
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError
    from s3transfer.exceptions import S3DownloadFailedError

    at = Location(url)
    try:
        yield
    except ClientError as error:
        raise _refusal(error.response, at) from error
    except BotoCoreError as error:
        raise _failure(error, at) from error
    except S3DownloadFailedError as error:
        raise Unopenable("changed while it was being read", at=at, hint="ingest it again") from error
    except Boto3Error as error:
        raise ReadError("the download broke off", at=at, hint=_ENDPOINT) from error
    except ValueError as error:  # botocore's word for an address that is none
        raise ReadError("AWS_ENDPOINT_URL is not an address", at=at, hint="such as http://localhost:9000") from error


def _refusal(response: Any, at: Location) -> ReadError:
    """An answer of S3 that is not the one that was asked for."""
    code = str(response.get("Error", {}).get("Code", "Unknown"))
    bucket = at.path.removeprefix("s3://").partition("/")[0]
    if code == "NoSuchBucket":
        hint = "check the name, AWS_PROFILE, and AWS_ENDPOINT_URL where the bucket is not on AWS"
        return ReadError(f"there is no bucket {bucket}", at=at, hint=hint)
    if code in _NOT_ACCEPTED:
        return ReadError(f"the AWS credentials are not accepted ({code})", at=at, hint=_CREDENTIALS)
    if code in _ELSEWHERE:
        headers = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        region = headers.get("x-amz-bucket-region", "REGION")
        return ReadError(f"the bucket {bucket} is in another region", at=at, hint=f"set AWS_DEFAULT_REGION={region}")
    if code in _BUSY:
        return ReadError(f"S3 is busy or out of order ({code})", at=at, hint="try again later")
    if code in {"AccessDenied", "403", "AllAccessDisabled", "AccountProblem"}:
        return Unopenable("access denied (s3:GetObject, s3:ListBucket)", at=at, hint=_RIGHTS)
    if code in {"NoSuchKey", "404"}:
        return Unopenable("there is no such object any more", at=at)
    if code in {"PreconditionFailed", "412"}:
        return Unopenable("changed while it was being read", at=at, hint="ingest it again")
    if code == "InvalidObjectState":
        return Unopenable("archived (Glacier): it has to be restored first", at=at, hint="aws s3api restore-object …")
    return Unopenable(f"S3 refuses it ({code})", at=at, hint=_RIGHTS)


def _failure(error: Exception, at: Location) -> ReadError:
    """A request that got no answer, or was never sent."""
    from botocore import exceptions as aws

    if isinstance(error, aws.ProfileNotFound):
        return ReadError("AWS_PROFILE names a profile that is not there", at=at, hint="`aws configure list-profiles`")
    if isinstance(
        error,
        aws.NoCredentialsError
        | aws.PartialCredentialsError
        | aws.CredentialRetrievalError
        | aws.TokenRetrievalError
        | aws.SSOError,
    ):
        return ReadError("there are no AWS credentials, or not all of them", at=at, hint=_CREDENTIALS)
    if isinstance(error, aws.HTTPClientError | aws.ConnectionError):
        # Of its address only the host: a person may have put a password before it, and a query may be signed.
        host = urlsplit(str(error.kwargs.get("endpoint_url", ""))).netloc.rpartition("@")[2]
        return ReadError(f"the S3 endpoint {host} cannot be reached".replace("  ", " "), at=at, hint=_ENDPOINT)
    if isinstance(error, aws.ParamValidationError):
        return ReadError("not the name of a bucket and a key", at=at, hint="such as s3://bucket/logs/2026-10-01.jsonl")
    return ReadError(f"cannot be read from S3 ({type(error).__name__})", at=at, hint=f"{_CREDENTIALS}; {_ENDPOINT}")
