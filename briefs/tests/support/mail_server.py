"""A mail server that speaks SMTP: it records what it accepted, refuses addresses and drops connections."""

import socketserver
import threading
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage


class SmtpSession(socketserver.StreamRequestHandler):
    """The part of SMTP that a sender needs. The server records the messages that it answered with 250."""

    server: "MailServer"

    def handle(self) -> None:
        self.reply("220 here")
        to: list[str] = []
        while line := self.rfile.readline().decode().strip():
            word = line.split(":")[0].upper()
            address = line.partition("<")[2].partition(">")[0]
            if self.server.on_command and self.server.on_command(word, address):
                return
            if answer := self.server.answers.get(address if word == "RCPT TO" else word):
                self.reply(answer)
                continue
            if word == "MAIL FROM":
                self.server.senders.append(address)
            elif word == "RCPT TO":
                if address in self.server.refused_addresses:
                    self.reply("550 no such person")
                    continue
                to.append(address)
            elif word == "DATA":
                if self.server.drops_before_data:
                    return
                self.reply("354 go on")
                lines: list[bytes] = []
                while (part := self.rfile.readline()) != b".\r\n":
                    if not part:  # the sender died
                        return
                    lines.append(part.removeprefix(b"."))  # the sender doubles a dot at the start of a line
                body = b"".join(lines)
                if self.server.drops_connection:
                    return
                self.server.accepted.append((to, message_from_bytes(body, policy=policy.default)))
                to = []
            elif word == "RSET":
                to = []
            self.reply("221 bye" if word == "QUIT" else "250 ok")
            if word == "QUIT":
                return

    def reply(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class MailServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        self.accepted: list[tuple[list[str], EmailMessage]] = []
        self.refused_addresses: set[str] = set()
        self.senders: list[str] = []
        self.on_command: Callable[[str, str], bool] | None = None
        """Called with each command and its address. Returns whether to drop the connection without an answer."""
        self.answers: dict[str, str] = {}
        """What the server says to an address, or to a command."""
        self.drops_connection = False
        self.drops_before_data = False
        super().__init__(("127.0.0.1", port), SmtpSession)
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def to(self) -> list[str]:
        return sorted(to[0] for to, _ in self.accepted)

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
