"""What stands around the views: trackers, set as an operator's plug-ins or load balancer would,
and what real servers do where Django's runserver does not."""
from http.cookies import Morsel

# Lines that http.cookies could not write, each sent as it stands here.
ODD_LINES = [
    # HttpOnly, and no Secure.
    "_ga_ABC123=GS1.1.1700000000.1.1.1700000000.0.0.0; Path=/; HttpOnly",
    # No space after the semicolons, attributes in any case.
    "_pk_id.1.abcd=0123456789abcdef.1700000000.;max-age=3600;path=/;SAMESITE=lax",
    # Quotes, a comma and a space in the value, a date with dashes.
    'AWSALB="quoted, value"; Expires=Thu, 31-Dec-2099 23:59:59 GMT; Path=/',
    # Two nameless cookies: browsers store both.
    "=nameless; Path=/",
    "bare_value; Path=/",
    # Looks like a deletion; the last Max-Age counts, so it sets.
    "_hjid=1; Max-Age=0; Max-Age=3600; Path=/",
    # Browsers trim the name and the value.
    "spaced_tracker = 1 ; Path=/",
    # Names are case-sensitive: this is not the session.
    "SESSIONID=not-the-session; Path=/",
]


class RawLine(Morsel):
    """A Set-Cookie line that Django's handler writes without a change."""

    def __init__(self, line):
        super().__init__()
        self.line = line

    def output(self, attrs=None, header="Set-Cookie:"):
        return self.line


def trackers(get_response):
    """Add every tracker to every response but /healthz: pages, redirects, data, errors, 304s."""

    def middleware(request):
        response = get_response(request)
        if request.path != "/healthz":
            response.set_cookie("_ga", "GA1.1.1234567890.1700000000")
            response.set_cookie("_fbp", "fb.1.1700000000000.1", max_age=7776000, samesite="Lax")
            for line in ODD_LINES:
                response.cookies[line] = RawLine(line)
            # The site takes back a cookie that it set in earlier years: harmless, it must arrive.
            response.delete_cookie("old_tracker")
        return response

    return middleware


def bodiless_head(get_response):
    """Answer HEAD without a body: runserver would send the one of GET."""

    def middleware(request):
        response = get_response(request)
        if request.method == "HEAD" and not response.streaming:
            response.content = b""
        return response

    return middleware
