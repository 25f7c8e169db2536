"""A small browser for the benchmarks: it keeps cookies and fills the sign-in form, whatever its fields are called."""

import http.client
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urljoin, urlsplit

HOST = "digest.example"
SIGN_IN, CODE_PAGE = "/admin/login/", "/admin/account/login/code/"


class SignInForm(HTMLParser):
    """The first form with a password: where it is sent, its hidden values, and the names of its two inputs."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.action, self.username, self.password = "", "", ""
        self.hidden: dict[str, str] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        kind, name = values.get("type", "text"), values.get("name", "")
        if self.password:
            return
        if tag == "form":
            self.action, self.username, self.hidden = values.get("action", ""), "", {}
        elif tag == "input" and kind == "hidden":
            self.hidden[name] = values.get("value", "")
        elif tag == "input" and kind in ("text", "email") and name:
            self.username = self.username or name
        elif tag == "input" and kind == "password":
            self.password = name


class Browser:
    """One browser at one address, behind the site's proxy."""

    def __init__(self, port: int, address: str) -> None:
        self.port, self.address = port, address
        self.cookies: dict[str, str] = {}
        self.place = ""
        self.form = SignInForm("")

    def open(self, path: str, data: dict[str, str] | None = None) -> tuple[int, str]:
        """Return status and body. Redirects of a GET are followed."""
        for _ in range(5):
            response, body = self._request(path, data)
            if data is not None or response.status not in (301, 302, 303):
                break
            path = self._get_path(urljoin(f"https://{HOST}{path}", response.headers["Location"]))
        self.place = path
        return response.status, body

    def open_sign_in(self) -> None:
        _, body = self.open(SIGN_IN)
        self.form = SignInForm(body)
        if not self.form.password:
            raise LookupError(f"{self.place} has no form with a password")

    def try_password(self, username: str, password: str, code: str = "") -> str:
        """Send the form that was opened. Return the outcome: `in`, `paused`, `wrong`, `code`, or the status."""
        action = self._get_path(urljoin(f"https://{HOST}{self.place}", self.form.action))
        data = self.form.hidden | {self.form.username: username, self.form.password: password, "code": code}
        response, body = self._request(action, data)
        if "Too many attempts" in body:
            return "paused"
        if response.headers.get("Location", "").endswith("/login/code/"):
            return "code"
        return {200: "wrong", 302: "in"}.get(response.status, str(response.status))

    def enter_code(self, code: str) -> None:
        """Send a code to the page after the password."""
        _, body = self.open(CODE_PAGE)
        token = SignInForm(body).hidden["csrfmiddlewaretoken"]
        self._request(CODE_PAGE, {"csrfmiddlewaretoken": token, "code": code})

    def forget_session(self) -> None:
        self.cookies.pop("__Host-desk", None)

    def _request(self, path: str, data: dict[str, str] | None) -> tuple[http.client.HTTPResponse, str]:
        headers = {
            "Host": HOST,
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": self.address,
            "Accept-Language": "en",
            "Referer": f"https://{HOST}{path}",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
        }
        body = None
        if data is not None:
            body = urlencode(data)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("POST" if body is not None else "GET", path, body, headers)
            response = connection.getresponse()
            text = response.read().decode("utf-8", "replace")
        finally:
            connection.close()
        for line in response.headers.get_all("Set-Cookie") or ():
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        return response, text

    @staticmethod
    def _get_path(address: str) -> str:
        parts = urlsplit(address)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path
