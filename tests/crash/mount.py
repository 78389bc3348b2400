# SPDX-License-Identifier: Apache-2.0
"""A real mount in a private directory: started, killed, stopped; and a watchdog over every call into it.

A call that takes too long is broken by aborting the connection through /sys/fs/fuse/connections; that is a failure.
Everything goes through a descriptor of the mount's root, so that nothing is ever made in the directory below it.
"""

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

CONNECTIONS = "/sys/fs/fuse/connections"
# What a call says whose daemon went away under it.
GONE = {errno.ENOTCONN, errno.ECONNABORTED, errno.ENODEV, errno.EIO, errno.ESTALE, errno.EINTR, errno.EBADF}
# The daemon's log holds such lines and no others.
HARMLESS = re.compile(r"flytefs: main: (\S+ serves \S+|\S+: detached the dead flytefs mount there)$|"
                      r"flytefs: engine: \S+: removing \d+ in \S+, which another store has left$|"
                      r"flytefs: fs: refused uid \d+: \S+: (EEXIST|EBUSY): |"     # as the clients expect
                      r"flytefs: fs: refused uid \d+: \S+/race-\d+/spec.json: EPERM: an execution never changes |"
                      r"fuse: failed to unmount \S+: Invalid argument$")          # libfuse, after fusermount3 -u -z


class Refused(Exception):
    """A call was answered with an errno that its caller had reckoned with: nothing has been changed."""

    def __init__(self, error):
        super().__init__(errno.errorcode[error])
        self.error = error


class Lost(Exception):
    """Nobody answered a call: it has been done wholly or not at all."""


def processes(part):
    """Pids of all processes whose command line or environment holds this text."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        for file in ("cmdline", "environ"):
            try:
                with open(f"/proc/{pid}/{file}", "rb") as f:
                    text = f.read()
            except OSError:
                continue
            if part.encode() in text and int(pid) != os.getpid():
                found.append((int(pid), text.split(b"\0")))
                break
    return found


class Watchdog:
    """Knows which calls are under way, and since when."""

    def __init__(self, limit, bark):
        self.limit, self.bark = limit, bark
        self.calls, self.lock = {}, threading.Lock()
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def begin(self, what, extra=0.0):
        with self.lock:
            self.calls[threading.get_ident()] = (time.monotonic() + self.limit + extra, what)

    def end(self):
        with self.lock:
            self.calls.pop(threading.get_ident(), None)

    def watch(self):
        while not self.done.wait(0.2):
            now = time.monotonic()
            with self.lock:
                late = [what for until, what in self.calls.values() if until < now]
                if late:
                    self.calls = {i: (until + self.limit, what) for i, (until, what) in self.calls.items()}
            if late:
                self.bark(late)

    def stop(self):
        self.done.set()
        self.thread.join()


class Mount:
    def __init__(self, program, slow=1):
        self.program, self.slow = program, slow
        self.top = tempfile.mkdtemp(prefix="flytefs-crash.")
        self.point = f"{self.top}/mnt"
        self.store = f"{self.top}/flyte.db"
        self.rundir = f"{self.store}.runs"
        self.logfile = f"{self.top}/log"
        for name in ("mnt", "locks", "once", "reports"):
            os.mkdir(f"{self.top}/{name}")
        os.chmod(f"{self.top}/reports", 0o1777)
        self.failures = []
        self.pid = 0
        self.child = None
        self.root = -1
        self.ending = False     # the daemon is being ended: calls may get lost
        self.minors = set()     # of every connection we ever had
        self.slowest = {"start": 0.0, "stop": 0.0, "old phase": 0.0}
        self.watchdog = Watchdog(15.0 * slow, self.hung)
        self.environment = dict(os.environ, CRASH=self.top)
        for tool in ("ASAN", "UBSAN", "TSAN", "LSAN"):
            name = f"{tool}_OPTIONS"
            old = self.environment.get(name)
            self.environment[name] = (old + ":" if old else "") + f"log_path={self.top}/reports/{tool}"
        if not os.listdir(CONNECTIONS) and not os.path.ismount(CONNECTIONS):
            subprocess.run(["mount", "-t", "fusectl", "none", CONNECTIONS], check=False)

    def fail(self, text):
        self.failures.append(text)
        print("FAILED:", text, flush=True)

    # --- hangs ---------------------------------------------------------------------------------

    def note_connection(self):
        with open("/proc/self/mountinfo") as f:
            for line in f:
                words = line.split()
                if words[4] == self.point:
                    self.minors.add(words[2].split(":")[1])

    def abort(self):
        """Whoever waits for a connection of ours waits no longer. The number of one that is gone may be another's now."""
        self.note_connection()
        with open("/proc/self/mountinfo") as f:
            others = {words[2].split(":")[1] for words in map(str.split, f) if words[4] != self.point}
        for minor in self.minors - others:
            try:
                with open(f"{CONNECTIONS}/{minor}/abort", "w") as f:
                    f.write("1")
            except OSError:
                pass

    def hung(self, calls):
        self.fail("hung: " + "; ".join(calls))
        self.show_threads()
        self.abort()

    def show_users(self):
        for pid in filter(str.isdigit, os.listdir("/proc")):
            for file in ["cwd", "root"] + [f"fd/{n}" for n in self.fds(pid)]:
                try:
                    to = os.readlink(f"/proc/{pid}/{file}")
                except OSError:
                    continue
                if to.startswith(self.point):
                    print(f"    process {pid} has {file} -> {to}", flush=True)

    def fds(self, pid):
        try:
            return os.listdir(f"/proc/{pid}/fd")
        except OSError:
            return []

    def show_threads(self):
        base = f"/proc/{self.pid}/task"
        for task in os.listdir(base) if os.path.isdir(base) else []:
            try:
                name, where = (open(f"{base}/{task}/{f}").read().strip() for f in ("comm", "stack"))
            except OSError:
                continue
            print(f"    thread {task} {name}: " + " < ".join(re.findall(r" (\w+)\+", where)), flush=True)

    # --- the daemon ----------------------------------------------------------------------------

    def start(self, background=False):
        """Mount; a dead mount is replaced. Returns when it serves."""
        began = time.monotonic()
        words = [self.program, self.store, self.point, "-o", "jobs=16"]
        self.watchdog.begin("mounting", 30)
        if background:
            p = subprocess.run(words, cwd=self.top, env=self.environment, capture_output=True, text=True)
            self.check_log(p.stderr.splitlines())
            if p.returncode:
                raise RuntimeError(f"cannot mount: {p.stderr}")
            self.child = None
            self.pid = next(pid for pid, _ in self.daemons())
        else:
            self.start_here(words)
        self.watchdog.end()
        self.slowest["start"] = max(self.slowest["start"], time.monotonic() - began)
        self.note_connection()
        self.ending = False
        self.root = os.open(self.point, os.O_PATH | os.O_DIRECTORY)

    def start_here(self, words):
        with open(self.logfile, "ab") as log:
            at = log.tell()
            self.child = subprocess.Popen(words + ["-f"], cwd=self.top, env=self.environment, stderr=log)
        self.pid = self.child.pid
        ready = f"flytefs: main: {self.point} serves ".encode()
        while ready not in self.log_from(at):
            if self.child.poll() is not None:
                raise RuntimeError(f"cannot mount: status {self.child.returncode}: {self.log_from(at).decode()}")
            time.sleep(0.002)

    def log_from(self, at):
        with open(self.logfile, "rb") as f:
            f.seek(at)
            return f.read()

    def check_log(self, lines):
        for line in lines:
            if line and not HARMLESS.match(line):
                self.fail(f"the daemon says: {line}")

    def daemons(self):
        return [(pid, words) for pid, words in processes(self.store)
                if words[0] == self.program.encode()]

    def alive(self):
        if self.child:
            return self.child.poll() is None
        try:
            with open(f"/proc/{self.pid}/stat") as f:
                return f.read().rpartition(")")[2].split()[0] != "Z"
        except OSError:
            return False

    def end(self, how):
        """kill, term, lazy (fusermount3 -u -z) or unmount (nobody may be inside)."""
        self.ending = True
        if not self.alive():
            self.fail(f"the daemon has died: {self.log_from(0).decode()[-2000:]}")
        elif how == "kill":
            os.kill(self.pid, signal.SIGKILL)
        elif how == "term":
            os.kill(self.pid, signal.SIGTERM)
        else:
            self.unmount("-z" if how == "lazy" else "--")

    def unmount(self, word):
        if word != "-z":
            self.let_go()
        p = subprocess.run(["fusermount3", "-u", word, self.point], capture_output=True, text=True)
        if p.returncode:
            self.fail(f"fusermount3 -u {word}: {p.stderr}")
            self.show_users()
            self.abort()

    def let_go(self):
        if self.root >= 0:
            os.close(self.root)
        self.root = -1

    def wait_end(self):
        began = time.monotonic()
        while self.alive():
            if time.monotonic() - began > 20 * self.slow:
                self.fail("the daemon does not end")
                self.show_threads()
                self.abort()
                os.kill(self.pid, signal.SIGKILL)
                began = time.monotonic()
            time.sleep(0.002)
        self.slowest["stop"] = max(self.slowest["stop"], time.monotonic() - began)
        if self.child and self.child.wait() not in (0, -signal.SIGKILL):
            self.fail(f"the daemon's exit status is {self.child.returncode}")

    def close(self):
        """Nothing is left behind: no mount, no process, no directory (it is kept after failures)."""
        self.ending = True
        self.let_go()
        self.watchdog.stop()
        self.abort() if self.failures else None
        while subprocess.run(["fusermount3", "-u", "-z", "-q", self.point], capture_output=True).returncode == 0:
            pass
        self.kill_all()
        if os.path.exists(self.logfile):
            self.check_log(self.log_from(0).decode(errors="replace").splitlines())
        for name in os.listdir(f"{self.top}/reports"):
            with open(f"{self.top}/reports/{name}", errors="replace") as f:
                text = f.read()
            if text:
                self.fail(f"a sanitizer reports: {text[:6000]}")
        if "CRASH_KEEP" in os.environ and self.failures:
            print("kept:", self.top)
        else:
            shutil.rmtree(self.top, ignore_errors=True)

    def kill_all(self):
        """Until there is none: what is just being started is found the next time."""
        deadline = time.monotonic() + 15 * self.slow
        while (left := processes(self.top)) and time.monotonic() < deadline:
            for pid, _ in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            if self.child:
                self.child.poll()
            time.sleep(0.01)

    # --- calls ---------------------------------------------------------------------------------

    def call(self, what, function, *arguments, allow=(), extra=0.0, **named):
        self.watchdog.begin(what, extra)
        try:
            return function(*arguments, **named)
        except OSError as e:
            if e.errno in allow:
                raise Refused(e.errno) from None
            if not self.ending or e.errno not in GONE:
                self.fail(f"{what}: {errno.errorcode.get(e.errno, e.errno)}{self.why(e)}")
            raise Lost from None
        finally:
            self.watchdog.end()

    def why(self, error):
        if error.errno in GONE:
            return ""
        try:
            return " (" + self.read_now(f".flytefs/errors/{os.getuid()}").splitlines()[-1] + ")"
        except (OSError, IndexError):
            return ""

    def read_now(self, path):
        fd = os.open(path, os.O_RDONLY, dir_fd=self.root)
        try:
            data = b""
            while more := os.read(fd, 1 << 20):
                data += more
            return data.decode()
        finally:
            os.close(fd)

    def write_now(self, path, pieces, flags):
        fd = os.open(path, flags, 0o644, dir_fd=self.root)
        try:
            for piece in pieces:
                if os.write(fd, piece) != len(piece):
                    raise OSError(errno.ENODATA, "short write")
        finally:
            os.close(fd)

    def list_now(self, path):
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY, dir_fd=self.root)
        try:
            return os.listdir(fd)
        finally:
            os.close(fd)

    def read(self, path, **named):
        return self.call(f"read {path}", self.read_now, path, **named)

    def json(self, path):
        """A text that grows between the two reads that find its end has the newer one's tail: then it is read again."""
        for _ in range(5):
            text = self.read(path)
            try:
                return json.loads(text)
            except ValueError as e:
                error = e
        self.fail(f"{path}: {error}: {text!r}")
        raise error

    def list(self, path, **named):
        return self.call(f"list {path}", self.list_now, path, **named)

    def write(self, path, text, pieces=1, **named):
        """Write to what is there already, or is made by its name: control files, files of a draft."""
        data = text.encode()
        step = -(-len(data) // pieces)
        self.call(f"write {path} {text[:60]!r}", self.write_now, path,
                  [data[i:i + step] for i in range(0, len(data), step)],
                  os.O_WRONLY | os.O_CREAT | os.O_TRUNC, **named)

    def mkdir(self, path, **named):
        self.call(f"mkdir {path}", os.mkdir, path, dir_fd=self.root, **named)

    def rename(self, path, to, **named):
        self.call(f"rename {path} {to}", os.rename, path, to, src_dir_fd=self.root, dst_dir_fd=self.root, **named)

    def readlink(self, path, **named):
        return self.call(f"readlink {path}", os.readlink, path, dir_fd=self.root, **named)
