"""Links to what is in the bucket: signed here, and opened by whoever has them."""

from urllib.parse import quote, urlsplit

from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from core.settings import BucketSettings


class Links:
    """Links begin with `url`: the bucket's own address, as those who open them reach it.

    The host is part of what is signed, so a link has to be signed for the one by which it is opened. Tigris
    alone wants one to a domain of one's own signed for its endpoint, whose place the domain takes then
    (https://www.tigrisdata.com/docs/objects/presigned/).
    """

    def __init__(self, settings: BucketSettings) -> None:
        self.settings = settings
        self.ttl_seconds = settings.link_ttl_seconds
        self.proxy = settings.proxy_for(settings.public_bucket_url or settings.aws_endpoint_url_s3)
        self.url = settings.public_bucket_url or settings.bucket_address.url
        endpoint = settings.aws_endpoint_url_s3
        is_tigris = (urlsplit(endpoint).hostname or "").endswith((".tigris.dev", ".storage.dev"))
        by_endpoint = settings.public_bucket_url is not None and is_tigris
        self._signed_url = f"{endpoint}/{settings.bucket_name}" if by_endpoint else self.url
        self._region = settings.aws_region
        self._credentials = Credentials(
            settings.aws_access_key_id.get_secret_value(), settings.aws_secret_access_key.get_secret_value()
        )

    def to(self, key: str, **query: str) -> str:
        """`query` are S3's parameters of a read. It asks nobody and cannot fail."""
        request = AWSRequest("GET", f"{self._signed_url}/{quote(key)}", params=query)
        S3SigV4QueryAuth(self._credentials, "s3", self._region, expires=self.ttl_seconds).add_auth(request)
        return self.url + str(request.url).removeprefix(self._signed_url)
