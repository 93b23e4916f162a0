"""botocore's models of S3 are read once a process: each client would read them anew, which takes longer than most
tests' own work. The fork server has read them before the first bot or worker is forked."""

from functools import cache

import botocore.session
from botocore.loaders import create_loader

botocore.session.create_loader = cache(create_loader)
botocore.session.get_session().create_client(
    "s3", region_name="auto", aws_access_key_id="nobody", aws_secret_access_key="none"
)
