"""What a bucket, or what stands before it, answers to whatever it is asked."""

from tests.drill.schedule import Kind

_PAGE = "<html><body><h1>Who are you?</h1></body></html>"


def _answer(status: str, content_type: str, body: str, *headers: str) -> bytes:
    lines = (
        f"HTTP/1.1 {status}",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *headers,
    )
    return "\r\n".join([*lines, "", body]).encode()


def _error(status: str, code: str, *headers: str) -> bytes:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>provoked</Message></Error>"
    return _answer(status, "application/xml", body, *headers)


BUCKET_ANSWERS = {
    Kind.BUCKET_500: _error("500 Internal Server Error", "InternalError"),
    Kind.BUCKET_EDGE: _answer("403 Forbidden", "text/html", _PAGE),
    Kind.BUCKET_NOWHERE: _answer("404 Not Found", "text/html", _PAGE),
    Kind.BUCKET_PORTAL: _answer("200 OK", "text/html", _PAGE, 'ETag: "portal"'),
    Kind.BUCKET_ELSEWHERE: _error(
        "301 Moved Permanently", "PermanentRedirect", "x-amz-bucket-region: eu-west-9"
    ),
}
