"""What an owner can do about a bucket's refusal, by the service's own word for it."""

from botocore.exceptions import ClientError, SSLError

from core.errors import BucketUnavailable
from core.settings import BucketSettings

_REGION = "AWS_REGION is {region}, and AWS_ENDPOINT_URL_S3 is {endpoint}: set both to the bucket's own."
_ACCOUNT = (
    "See to the account with the service: what is stored may have reached its limit, or a bill is open."
)
_LATER = "Nothing is to be set: the service has a fault, or too much to do."

_BY_CODE = {
    "NoSuchBucket": "BUCKET_NAME is {bucket}: is it right, and does that bucket exist at {endpoint}?",
    "InvalidBucketName": "BUCKET_NAME is {bucket}: set it to the bucket's name as the service shows it.",
    "InvalidAccessKeyId": "Set AWS_ACCESS_KEY_ID to a key that {endpoint} has made, and has not revoked.",
    "SignatureDoesNotMatch": "Set AWS_SECRET_ACCESS_KEY anew, to that of AWS_ACCESS_KEY_ID; "
    "if they are right, something in between changes requests.",
    "AccessDenied": "Let the key read, write, list and delete in {bucket}: s3:GetObject, s3:PutObject, "
    "s3:DeleteObject and s3:ListBucket.",
    "RequestTimeTooSkewed": "Set this machine's clock by NTP: requests are signed with the time.",
    "AuthorizationHeaderMalformed": _REGION,
    "PermanentRedirect": _REGION,
    "TemporaryRedirect": f"The bucket may be some minutes old. {_REGION}",
    "QuotaExceeded": _ACCOUNT,
    "AccountProblem": _ACCOUNT,
    "XMinioStorageFull": "The server's disk is full.",
    "SlowDown": _LATER,
    "ServiceUnavailable": _LATER,
    "InternalError": _LATER,
    "MethodNotAllowed": "Is AWS_ENDPOINT_URL_S3 ({endpoint}) the S3 service, and not a bucket's web site?",
}
_NOT_S3 = (
    "Does AWS_ENDPOINT_URL_S3 ({endpoint}) lead to the S3 service itself, and not to its console, a page or "
    "another server?"
)
_UNKNOWN = (
    "Are the five variables that `fly storage create` sets as the service gave them? It explains the word."
)
_TLS = (
    "Does AWS_ENDPOINT_URL_S3 ({endpoint}) begin with https: where the server speaks http: alone? "
    "A certificate of an authority of your own needs SSL_CERT_FILE."
)
_NOT_REACHED = "Is AWS_ENDPOINT_URL_S3 ({endpoint}) right, and reached from here?"
_NAME_IN_HOST = (
    " The bucket's name is put before its host, unless BUCKET_ADDRESSING is path, as local servers want it."
)


def remedy(error: BaseException, settings: BucketSettings) -> str:
    text = _remedy(error)
    if text in (_NOT_REACHED, _TLS) and settings.bucket_address.style == "virtual":
        text += _NAME_IN_HOST
    return text.format(
        bucket=settings.bucket_name, endpoint=settings.aws_endpoint_url_s3, region=settings.aws_region
    )


def _remedy(error: BaseException) -> str:
    """Of the first cause that tells one."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, SSLError):
            return _TLS
        code = cause.response["Error"].get("Code", "") if isinstance(cause, ClientError) else None
        if isinstance(cause, BucketUnavailable):
            code = cause.code
        if code is not None:
            return _BY_CODE.get(code, _NOT_S3 if code in ("", "None") or code.isdecimal() else _UNKNOWN)
        cause = cause.__cause__
    return _NOT_REACHED
