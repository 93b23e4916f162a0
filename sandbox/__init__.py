"""Local stand-ins: a Discord, a Stability, a Postgres and an S3 server, and the processes that use them."""
