"""The second S3 server, for what is about buckets."""

from collections.abc import Iterator

import pytest

from tests.conftest import wait_for_http
from tests.second_s3 import second_s3, versioned_bucket


@pytest.fixture(scope="session")
def second_s3_url() -> Iterator[str]:
    with second_s3() as url:
        # It imports much, and where all else starts too that takes its time.
        wait_for_http(f"{url}/", within_seconds=60)
        yield url


@pytest.fixture
def versioned_environment(second_s3_url: str) -> dict[str, str]:
    return versioned_bucket(second_s3_url)
