# SPDX-License-Identifier: Apache-2.0
"""Sister of lib.sh for tests where the errno of a system call matters.

As a program: `lib.py CALL ARGUMENTS…` makes one call and prints the name of its errno, or 0. `lib.py -` makes those on
stdin, one a line, each behind the errno it must have (`EPERM|EACCES`), and prints those that have another.
As a module: a test calls begin(), uses the paths T, M, DB, D, X and the checks, and ends with end(). The mount,
its watchdog and what is left behind are lib.sh's: begin() starts the test again below a shell that has them.
"""

import ctypes
import errno
import mmap
import os
import shlex
import subprocess
import sys

LIBC = ctypes.CDLL(None, use_errno=True)


def code(function, *arguments, **named):
    """The name of the errno that a call fails with, or "0"."""
    try:
        function(*arguments, **named)
    except OSError as e:
        name = errno.errorcode.get(e.errno, str(e.errno))
        return "EOPNOTSUPP" if name == "ENOTSUP" else name
    return "0"


def c_call(name, *arguments):
    if getattr(LIBC, name)(*arguments) == -1:
        raise OSError(ctypes.get_errno(), name)


def write_once(path, data, flags=os.O_WRONLY | os.O_TRUNC, mode=0o666):
    """One open and one write(); what that leaves over is written as well, so that its error shows."""
    if isinstance(data, str):
        data = data.encode()
    fd = os.open(path, flags, mode)
    try:
        n = os.write(fd, data)
        while n < len(data):
            n += os.write(fd, data[n:])
    finally:
        os.close(fd)


def create(path, data=b""):
    write_once(path, data, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)


def exclusive(path, data=b""):
    write_once(path, data, os.O_WRONLY | os.O_CREAT | os.O_EXCL)


def append(path, data):
    write_once(path, data, os.O_WRONLY | os.O_APPEND)


def open_only(path, flags):
    os.close(os.open(path, int(flags, 0) if isinstance(flags, str) else flags))


def rename_exchange(a, b):
    c_call("renameat2", -100, os.fsencode(a), -100, os.fsencode(b), 2)


def rename_noreplace(a, b):
    c_call("renameat2", -100, os.fsencode(a), -100, os.fsencode(b), 1)


def with_fd(path, flags, function):
    fd = os.open(path, flags)
    try:
        function(fd)
    finally:
        os.close(fd)


def fallocate(path, size="4096"):
    def go(fd):
        c_call("fallocate", fd, 0, ctypes.c_long(0), ctypes.c_long(int(size)))
    with_fd(path, os.O_WRONLY, go)


def ftruncate(path, size="0"):
    with_fd(path, os.O_WRONLY, lambda fd: os.ftruncate(fd, int(size)))


def fsync(path):
    with_fd(path, os.O_RDONLY, os.fsync)


def mmap_write(path, text="changed"):
    """Change the first bytes through a shared mapping, and ask for them to be written."""
    def go(fd):
        size = max(os.fstat(fd).st_size, 1)
        with mmap.mmap(fd, size, mmap.MAP_SHARED) as m:
            data = text.encode()[:size]
            m[:len(data)] = data
            m.flush()
    with_fd(path, os.O_RDWR, go)


def fifo(path):
    os.mkfifo(path)


def device(path):
    os.mknod(path, 0o20666, os.makedev(1, 3))


CALLS = {
    "append": append, "chmod": lambda p, m: os.chmod(p, int(m, 8)),
    "chown": lambda p, u, g: os.chown(p, int(u), int(g)), "create": create, "device": device,
    "exclusive": exclusive, "fallocate": fallocate, "fifo": fifo, "fsync": fsync,
    "ftruncate": ftruncate, "getxattr": os.getxattr, "link": os.link, "listdir": os.listdir,
    "listxattr": os.listxattr, "lstat": os.lstat, "mkdir": os.mkdir, "mmap": mmap_write,
    "open": open_only, "read": lambda p: open(p, "rb").read(), "readlink": os.readlink,
    "rename": os.rename, "rename-exchange": rename_exchange, "rename-noreplace": rename_noreplace,
    "removexattr": os.removexattr, "rmdir": os.rmdir,
    "setxattr": lambda p, n, v: os.setxattr(p, n, v.encode()), "stat": os.stat,
    "symlink": os.symlink, "truncate": lambda p, n: os.truncate(p, int(n)),
    "unlink": os.unlink, "utime": lambda p, t: os.utime(p, (int(t), int(t))), "write": write_once,
}

# --- the module ------------------------------------------------------------------------------------

failures = 0
T = M = DB = D = X = MANY = None

SHELL = """
kit_of_lib=$1 script=$2
shift 2
. "$kit_of_lib/lib.sh"
start "$@"
[ "$LIB_EXAMPLES" = no ] || register_examples
export T M DB D X MANY
"$PYTHON" "$script" || fail "status $? from $script"
"""


def begin(*options, examples=True):
    """Mount with options, register the examples unless told not to; the paths are set when it returns."""
    global T, M, DB, D, X, MANY
    if "LIB_INSIDE" not in os.environ:
        test = os.path.abspath(sys.argv[0])
        os.environ.update(LIB_INSIDE="1", LIB_EXAMPLES="yes" if examples else "no")
        kit = os.path.dirname(os.path.abspath(__file__))
        os.execvp("sh", ["sh", "-c", SHELL, test, kit, test, *options])
    T, M, DB, D, X = (os.environ[n] for n in ("T", "M", "DB", "D", "X"))
    MANY = int(os.environ["MANY"])


def fail(text):
    global failures
    print("FAILED:", text, file=sys.stderr)
    failures += 1


def same(what, got, want):
    if got != want:
        fail(f"{what}: got {got!r}, wanted {want!r}")


def check(condition, what):
    if not condition:
        fail(what)


def refused(want, function, *arguments, **named):
    """The call must fail with this errno ("EPERM|EACCES": one of these)."""
    got = code(function, *arguments, **named)
    if got not in want.split("|"):
        shown = [a if not isinstance(a, (bytes, str)) or len(a) < 200 else a[:200] for a in arguments]
        fail(f"got {got}, wanted {want}, from {getattr(function, '__name__', function)} {shown}")


def read(path, mode="r"):
    with open(path, mode, **({"encoding": "utf-8", "errors": "surrogateescape"} if mode == "r" else {})) as f:
        return f.read()


def stat_of(name):
    for line in read(f"{M}/.flytefs/stats").splitlines():
        key, _, value = line.partition(" ")
        if key == name:
            return int(value)
    return None


def last_error(uid=None):
    lines = read(f"{M}/.flytefs/errors/{os.getuid() if uid is None else uid}").splitlines()
    return lines[-1] if lines else ""


def fingerprint(time="%T@"):
    """What the tree holds: equal before and after what must change nothing."""
    script = f"find . -printf '%p %y %m %U %G %s %i {time} %l\\n' | sort; find . -type f -exec cat {{}} +"
    return subprocess.run(["sh", "-c", script], cwd=M, capture_output=True, check=True).stdout


def unchanged(before, time="%T@"):
    """Compare with an earlier fingerprint() and tell what is different."""
    after = fingerprint(time)
    if after != before:
        old, new = (set(t.decode(errors="replace").splitlines()) for t in (before, after))
        fail(f"something has changed: {sorted(old ^ new)[:6]}")


def wait_for(name):
    return read(f"{X}/{name}/.wait").strip()


def end():
    sys.exit(1 if failures else 0)


def many(lines):
    for line in lines:
        want, call, *arguments = shlex.split(line)
        got = code(CALLS[call], *arguments)
        if got not in want.split("|"):
            print(f"got {got}, wanted {want}, from: {call} {' '.join(arguments)}")


if __name__ == "__main__" and sys.argv[1] == "-":
    many(sys.stdin)
elif __name__ == "__main__":
    print(code(CALLS[sys.argv[1]], *sys.argv[2:]))
