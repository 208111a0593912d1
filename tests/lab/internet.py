# SPDX-License-Identifier: Apache-2.0
"""The internet of the laboratory, in one namespace: a DNS server and one real Postfix that answers as many mail
exchangers, each on its own address in its own /24 and /48. Mail that is accepted is discarded. Owned by Home.

Addresses are those set apart for documents and benchmarks (RFC 2544, 3849, 5737); they exist in here only.
"""
import dataclasses
import datetime
import os
import re
import shutil

from netns import LabError, end_process, run, wait_for

ISP_ADDRESS = "203.0.113.1"
ISP_ADDRESS6 = "2001:db8:ffff::1"
HOME_ADDRESS = "203.0.113.7"  # what the world sees of the home
HOME_ADDRESS6 = "2001:db8:ffff::7"
HOME_PREFIX6 = "2001:db8:1::/64"


@dataclasses.dataclass(frozen=True)
class Exchanger:
    """A mail server of the world: the domain whose MX it is, its name and its addresses."""
    domain: str
    host: str
    address: str
    address6: str


# Eight strangers, which a spammer finds through their MX records.
STRANGERS = [Exchanger(f"stranger{n}.example", f"mx.stranger{n}.example", f"198.18.{n}.25", f"2001:db8:25{n:02}::25")
             for n in range(1, 9)]
# Refuses who is on the block list, as the home's address is.
STRICT = Exchanger("strict.example", "mx.strict.example", "192.0.2.25", "2001:db8:2592::25")
# The owner's mail provider: ports 25, 465 and 587.
PROVIDER = Exchanger("provider.example", "smtp.provider.example", "198.51.100.58", "2001:db8:2558::58")
# Listens where mail servers do not: port 2526.
ODD = Exchanger("odd.example", "odd.example", "198.51.101.26", "2001:db8:2526::26")

ALL = [*STRANGERS, STRICT, PROVIDER, ODD]
BLOCK_LIST = "zen.spamhaus.org"
# Mail to this domain is kept, as a spam trap does; all other mail is discarded.
KEPT_DOMAIN = "kept.example"

MAIN_CF = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/maillog
maillog_file_prefixes = {folder}
myhostname = mail.example
mydestination =
mynetworks = 0.0.0.0/0 [::]/0
default_transport = discard:
inet_protocols = all
smtpd_peername_lookup = no
smtpd_relay_restrictions = permit_mynetworks, reject
alias_maps =
alias_database =
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_client_port_logging = yes
virtual_mailbox_domains = {kept}
virtual_mailbox_maps = static:kept/
virtual_mailbox_base = {folder}/mail
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
smtpd_tls_cert_file = {folder}/certificate.pem
smtpd_tls_key_file = {folder}/key.pem
smtpd_tls_security_level = may
default_process_limit = 40
"""

MASTER_CF = """
postlog   unix-dgram n - n - 1 postlogd
pickup    unix n - n 60 1 pickup
cleanup   unix n - n - 0 cleanup
qmgr      unix n - n 300 1 qmgr
tlsmgr    unix - - n 1000? 1 tlsmgr
rewrite   unix - - n - - trivial-rewrite
bounce    unix - - n - 0 bounce
defer     unix - - n - 0 bounce
trace     unix - - n - 0 bounce
verify    unix - - n - 1 verify
flush     unix n - n 1000? 0 flush
proxymap  unix - - n - - proxymap
error     unix - - n - - error
retry     unix - - n - - error
discard   unix - - n - - discard
virtual   unix - n n - - virtual
anvil     unix - - n - 1 anvil
scache    unix - - n - 1 scache
"""


def _listeners():
    """(address, port, host, options of the smtpd behind it)"""
    for server in ALL:
        for address in (server.address, server.address6):
            port = 2526 if server is ODD else 25
            strict = ["smtpd_recipient_restrictions=reject_rbl_client,zen.spamhaus.org"] if server is STRICT else []
            yield address, port, server.host, strict
            if server is PROVIDER:
                yield address, 587, server.host, ["smtpd_tls_security_level=encrypt"]
                yield address, 465, server.host, ["smtpd_tls_wrappermode=yes"]


def _master_cf():
    lines = [MASTER_CF]
    for address, port, host, options in _listeners():
        place = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        words = "".join(f" -o {option}" for option in [f"myhostname={host}", *options])
        lines.append(f"{place} inet n - n - - smtpd{words}\n")
    return "".join(lines)


class Internet:
    """Runs in the namespace `net`, whose addresses towards the home are already set."""

    def __init__(self, namespace, folder):
        self.namespace = namespace
        self.folder = os.path.join(folder, "internet")
        self.processes = []
        for path in (self.folder, f"{self.folder}/queue", f"{self.folder}/data", f"{self.folder}/etc"):
            os.mkdir(path, 0o755)
        run("chown", "postfix", f"{self.folder}/data")
        os.mkdir(f"{self.folder}/mail", 0o700)
        run("chown", "65534:65534", f"{self.folder}/mail")
        self._add_addresses()
        self._start_dns()
        self._start_mail()

    def _add_addresses(self):
        batch = "".join(f"addr add {server.address}/32 dev lo\naddr add {server.address6}/128 dev lo nodad\n"
                        for server in ALL)
        self.namespace.do("ip", "-batch", "-", text_in=batch)

    def _start_dns(self):
        options = ["--no-resolv", "--no-hosts", "--no-daemon", "--bind-interfaces", "--user=root", "--conf-file=/dev/null",
                   f"--listen-address={ISP_ADDRESS}", f"--listen-address={ISP_ADDRESS6}", "--local=/example/"]
        for server in ALL:
            options += [f"--mx-host={server.domain},{server.host},10",
                        f"--host-record={server.host},{server.address},{server.address6}"]
        listed = ".".join(reversed(HOME_ADDRESS.split("."))) + "." + BLOCK_LIST
        options += [f"--address=/{listed}/127.0.0.4",
                    f"--txt-record={listed},https://www.spamhaus.org/query/ip/{HOME_ADDRESS}"]
        with open(f"{self.folder}/dns.log", "w", encoding="utf-8") as log:
            self.processes.append(self.namespace.start("dnsmasq", *options, stderr=log))

    def _start_mail(self):
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", f"/CN={PROVIDER.host}", "-keyout", f"{self.folder}/key.pem", "-out", f"{self.folder}/certificate.pem")
        for name, text in (("main.cf", MAIN_CF.format(folder=self.folder, kept=KEPT_DOMAIN)), ("master.cf", _master_cf())):
            with open(f"{self.folder}/etc/{name}", "w", encoding="utf-8") as file:
                file.write(text)
        with open(f"{self.folder}/postfix.out", "w", encoding="utf-8") as log:
            process = self.namespace.start("postfix", "-c", f"{self.folder}/etc", "start-fg", stdout=log, stderr=log)
        self.processes.append(process)
        wait_for(lambda: process.poll() is not None or self.listens(ODD.address6, 2526), 20, "answer of the mail server")
        if process.poll() is not None:
            raise LabError(f"Postfix ended at once: {self._text('postfix.out')}{self.maillog()}")

    def listens(self, address, port):
        shown = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        return f" {shown} " in self.namespace.do("ss", "-Hltn")

    def _text(self, name):
        try:
            with open(f"{self.folder}/{name}", encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def maillog(self):
        return self._text("maillog")

    def queue_ids(self):
        """The queue id of every message that was accepted and has been disposed of, as the server's own log says."""
        return set(re.findall(r"postfix/discard\[\d+\]: ([0-9A-F]+): .*status=sent", self.maillog()))

    def logins(self):
        """{queue id: (time as the log has it, seconds since 1970; client's address; client's port)}, from the server's log."""
        found = {}
        year = datetime.datetime.now().year
        for line in self.maillog().splitlines():
            match = re.match(r"(\w{3} [ \d]\d \d\d:\d\d:\d\d) \S+ postfix/smtpd\[\d+\]: ([0-9A-F]+): client=\S+\[(\S+)\]:(\d+)", line)
            if match:
                when = datetime.datetime.strptime(f"{year} {match[1]}", "%Y %b %d %H:%M:%S").timestamp()
                found[match[2]] = (when, match[3], int(match[4]))
        return found

    def kept_mails(self):
        """{queue id: the mail as it was stored}, of what went to KEPT_DOMAIN."""
        mails = {}
        for folder in ("new", "cur"):
            path = f"{self.folder}/mail/kept/{folder}"
            for name in os.listdir(path) if os.path.isdir(path) else []:
                with open(f"{path}/{name}", encoding="utf-8", errors="replace") as file:
                    text = file.read()
                match = re.search(r"with E?SMTP\S*(?: \(.*?\))? id ([0-9A-F]+)", text)
                if match:
                    mails[match[1]] = text
        return mails

    def forget_mails(self):
        shutil.rmtree(f"{self.folder}/mail/kept", ignore_errors=True)

    def drop_port(self, port):
        """The provider drops what goes to this port: no answer, no reset."""
        self.namespace.nft(f"""
            table inet isp {{
              chain input {{
                type filter hook input priority filter
                tcp dport {port} drop
              }}
            }}""")

    def let_all_through(self):
        self.namespace.do("nft", "delete", "table", "inet", "isp", check=False)

    def stop(self):
        for process in reversed(self.processes):
            end_process(process)
