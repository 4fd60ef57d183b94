"""The cases: what is given, the call, the result, and what must hold then."""

import base64
import dataclasses


@dataclasses.dataclass
class Case:
    step: str
    name: str
    params: dict
    want: str
    then: object = ":"  # shell, must succeed after the step
    given: object = ":"  # shell, run before
    before: str = ""  # result of the look before, if it is not that of the step
    once: bool = False  # not idempotent, or not to be repeated
    fields: dict = dataclasses.field(default_factory=dict)
    reason: str = ""


CASES = []


def case(step, name, params, want, then=":", **more):
    CASES.append(Case(step, name, params, want, then, **more))


def quoted(text):
    return b"'" + text.replace(b"'", b"'\\''") + b"'"


def holds(path, text):
    """Shell that succeeds if the file has exactly these bytes."""
    return b"base64 -d <<'END' | cmp - %s\n%s\nEND\n" % (quoted(path), base64.encodebytes(text))


HOSTILE = {
    "quotes": b"a'b\"c'' \\' \\",
    "substitution": b"$(touch /srv/t/pwned) `touch /srv/t/pwned` ${HOME} $HOME ~root",
    "globs": b"* ? [a-z] {a,b} !x",
    "dashes": b"--present=false",
    "dash": b"-n",
    "equals": b"=a=b=",
    "percent": b"%s %d %% %0A 100%",
    "operators": b"; touch /srv/t/pwned & | > < ( ) #",
    "blanks": b"  a \t b  ",
    "templates": b"{{ 1 }} {% x %} #{x} <%= x %>",
    "yaml": b"yes",
    "bytes": bytes(byte for byte in range(1, 256) if byte != 10),
    "utf8": "ä€😀‮".encode(),
    "long": b"0123456789abcdef" * 5000 + b"'",
}
LINES = {
    "newlines": b"\n a\n\nb\n\n\n",
    "no newline": b"a\nb",
    "return": b"a\r\nb\r",
    "end": b"END\nEOF\n}\ndvo_end\n",
    "empty": b"",
}
ALL = {**HOSTILE, **LINES}
SHORT = {name: text for name, text in HOSTILE.items() if name != "long"}
SAFE = "test ! -e /srv/t/pwned"

# --- file ------------------------------------------------------------------------------------

for name, text in ALL.items():
    case(
        "file",
        "content " + name,
        {"path": "/srv/t/content", "content": text},
        "changed",
        holds(b"/srv/t/content", text) + SAFE.encode(),
        given="rm -f content",
    )
for name, text in {**SHORT, **LINES}.items():
    if text and name != "bytes":
        path = b"/srv/t/p" + text.replace(b"/", b"_")
        case(
            "file",
            "path " + name,
            {"path": path, "content": "x"},
            "changed",
            b"test -f %s; rm %s; " % (quoted(path), quoted(path)) + SAFE.encode(),
            once=True,
        )
case(
    "file",
    "binary",
    {"path": "/srv/t/bin", "content64": base64.b64encode(bytes(range(256))).decode()},
    "changed",
    holds(b"/srv/t/bin", bytes(range(256))),
)
case(
    "file",
    "large",
    {"path": "/srv/t/large", "content": b"x" * 3000000},
    "changed",
    "test $(stat -c %s large) = 3000000",
)
case(
    "file",
    "defaults",
    {"path": "/srv/t/f", "content": "a\n"},
    "changed",
    "test \"$(stat -c '%U:%G %a' f)\" = 'root:root 644'",
)
case(
    "file",
    "owner, group, mode",
    {"path": "/srv/t/f", "content": "a\n", "owner": "t-login", "group": "t-group", "mode": "4750"},
    "changed",
    "test \"$(stat -c '%U:%G %a' f)\" = 't-login:t-group 4750'",
)
case(
    "file",
    "mode only keeps the inode",
    {"path": "/srv/t/f2", "content": "a", "mode": "0600"},
    "changed",
    'test "$(stat -c %i f2)" = "$(cat inode)"',
    given="printf a >f2; stat -c %i f2 >inode",
)
case(
    "file",
    "replaced, not rewritten",
    {"path": "/srv/t/f3", "content": "new"},
    "changed",
    'test "$(cat f3.hard)" = old',
    given="printf old >f3; ln -f f3 f3.hard",
)
case(
    "file",
    "parents",
    {"path": "/srv/t/p/q/r", "content": "", "owner": "t-login", "mode": "0600"},
    "changed",
    "test \"$(stat -c '%U:%G %a' p p/q | uniq)\" = 'root:root 755'",
    given="rm -rf p",
)
case(
    "file",
    "parents below setgid",
    {"path": "/srv/t/sg/q/r", "content": ""},
    "changed",
    "test \"$(stat -c '%U:%G %a' sg/q)\" = 'root:root 755'",
    given="mkdir -p sg; chgrp t-group sg; chmod 2775 sg",
)
case(
    "file",
    "over a link",
    {"path": "/srv/t/l", "content": "x"},
    "failed EINVAL",
    "test -L l; test ! -e target",
    given="ln -sfn target l",
)
case(
    "file",
    "over a directory",
    {"path": "/srv/t/d", "content": "x"},
    "failed EINVAL",
    "test -d d",
    given="mkdir -p d",
)
case(
    "file",
    "over a fifo",
    {"path": "/srv/t/fifo", "content": "x"},
    "failed EINVAL",
    given="mkfifo fifo",
)
case("file", "below a file", {"path": "/srv/t/f/x", "content": "x"}, "failed EINVAL")
case("file", "relative", {"path": "srv/t", "content": "x"}, "failed EINVAL")
case("file", "dots", {"path": "/srv/t/../x", "content": "x"}, "failed EINVAL")
case("file", "no content", {"path": "/srv/t/x"}, "failed EINVAL")
case("file", "integer mode", {"path": "/srv/t/x", "content": "", "mode": "9"}, "failed EINVAL")
case("file", "unknown parameter", {"path": "/srv/t/x", "contents": ""}, "failed EINVAL")
case(
    "file",
    "unknown owner",
    {"path": "/srv/t/x", "content": "", "owner": "t-nobody"},
    "failed ENOENT",
    "test ! -e x",
    before="unknown ENOENT",
)
case("file", "absent", {"path": "/srv/t/f", "present": False}, "changed", "test ! -e f")
case("file", "absent and missing", {"path": "/srv/t/none/f", "present": False}, "same")
case(
    "file", "absent directory", {"path": "/srv/t/d", "present": False}, "failed EINVAL", "test -d d"
)
case("file", "absent link", {"path": "/srv/t/l", "present": False}, "failed EINVAL", "test -L l")
case("file", "read-only", {"path": "/proc/version/x", "content": ""}, "failed EINVAL")
case(
    "file",
    "full",
    {"path": "/srv/t/full/x", "content": b"x" * 200000},
    "failed ENOSPC",
    'test -z "$(ls -A full)"; umount full',
    given="mkdir -p full; mount -t tmpfs -o size=64k t full",
    before="changed",
    once=True,
)
case(
    "file",
    "validated",
    {"path": "/srv/t/v", "content": "good", "validate": ["grep", "-q", "good", "%s"]},
    "changed",
    'test "$(cat v)" = good',
)
case(
    "file",
    "refused",
    {"path": "/srv/t/v", "content": "bad", "validate": ["grep", "-q", "good", "%s"]},
    "failed EINVAL",
    'test "$(cat v)" = good; test -z "$(ls -A | grep \'^.dvo\' || :)"',
    before="changed",
)
case(
    "file",
    "refused in place",
    {
        "path": "/srv/t/v",
        "content": "bad",
        "mode": "0600",
        "validate": ["grep", "-q", "good", "/srv/t/v"],
    },
    "failed EINVAL",
    'test "$(cat v)" = good; test $(stat -c %a v) = 644; test -z "$(ls -A | grep \'^.dvo\' || :)"',
    before="changed",
)
case(
    "file",
    "refused in place and new",
    {"path": "/srv/t/v2", "content": "bad", "validate": ["false"]},
    "failed EINVAL",
    "test ! -e v2",
    before="changed",
)
case(
    "file",
    "test words stay whole",
    {
        "path": "/srv/t/v",
        "content": "g 2",
        "validate": [
            "sh",
            "-c",
            'test "$2" = \'a  $x*\' && grep -q g "${1#pre}"',
            "sh",
            "pre%s",
            "a  $x*",
        ],
    },
    "changed",
)

# --- line ------------------------------------------------------------------------------------

for name, text in {**HOSTILE, "empty": b""}.items():
    case(
        "line",
        "line " + name,
        {"path": "/srv/t/lines", "line": text},
        "changed",
        holds(b"/srv/t/lines", b"first\n" + text + b"\n") + SAFE.encode(),
        given="echo first >lines",
    )
    case(
        "line",
        "remove " + name,
        {"path": "/srv/t/lines", "line": text, "present": False},
        "changed",
        holds(b"/srv/t/lines", b"first\nlast\n"),
        given=b"printf 'first\\n' >lines; cat >>lines <<'E O F'\n%s\nlast\nE O F" % text,
    )
case(
    "line",
    "new file",
    {"path": "/srv/t/n/lines", "line": "a"},
    "changed",
    holds(b"n/lines", b"a\n") + b"test $(stat -c %a n/lines) = 644",
    given="rm -rf n",
)
case(
    "line",
    "unended file",
    {"path": "/srv/t/lines", "line": "b"},
    "changed",
    holds(b"lines", b"a\nb\n"),
    given="printf a >lines",
)
case(
    "line",
    "there",
    {"path": "/srv/t/lines", "line": "b", "match": "^a"},
    "same",
    holds(b"lines", b"a\nb\na\n"),
    given="printf 'a\\nb\\na\\n' >lines",
)
case(
    "line",
    "one match",
    {"path": "/srv/t/lines", "line": "k=2", "match": "^k=[0-9]+$"},
    "changed",
    holds(b"lines", b"a\nk=2\nc"),
    given="printf 'a\\nk=1\\nc' >lines",
)
case(
    "line",
    "first match",
    {"path": "/srv/t/lines", "line": "x", "match": "^a"},
    "changed",
    holds(b"lines", b"x\nb\n"),
    given="printf 'a\\nb\\n' >lines",
)
case(
    "line",
    "several matches",
    {"path": "/srv/t/lines", "line": "x", "match": "^(a|b){1}$"},
    "failed EINVAL",
    holds(b"lines", b"a\nb\n"),
    given="printf 'a\\nb\\n' >lines",
    reason="1:a",
)
case(
    "line",
    "no match",
    {"path": "/srv/t/lines", "line": "x", "match": "^z"},
    "changed",
    holds(b"lines", b"a\nx\n"),
    given="printf 'a\\n' >lines",
)
case(
    "line",
    "remove matching",
    {"path": "/srv/t/lines", "match": "^k", "line": "k=9", "present": False},
    "changed",
    holds(b"lines", b"a\n"),
    given="printf 'k=1\\na\\nk=2\\n' >lines",
)
case(
    "line",
    "remove all",
    {"path": "/srv/t/lines", "match": ".", "present": False},
    "changed",
    holds(b"lines", b""),
    given="printf 'k=1\\n' >lines",
)
case("line", "remove none", {"path": "/srv/t/lines", "line": "zz", "present": False}, "same")
case(
    "line",
    "bad match",
    {"path": "/srv/t/lines", "line": "x", "match": "("},
    "failed EINVAL",
    given="echo a >lines",
)
case(
    "line",
    "owner, mode and link stay",
    {"path": "/srv/t/lines.link", "line": "b"},
    "changed",
    b"test -L lines.link; test \"$(stat -c '%U %a' lines)\" = 't-login 640'; "
    + holds(b"lines", b"a\nb\n"),
    given="echo a >lines; chown t-login lines; chmod 640 lines; ln -sfn lines lines.link",
)
case(
    "line",
    "hard links stay",
    {"path": "/srv/t/lines", "line": "c"},
    "changed",
    holds(b"lines2", b"a\nc\n"),
    given="echo a >lines; ln -f lines lines2",
)
case("line", "newline", {"path": "/srv/t/lines", "line": "a\nb"}, "failed EINVAL")
case("line", "directory", {"path": "/srv/t/d", "line": "a"}, "failed EINVAL")
case(
    "line",
    "NUL in the file",
    {"path": "/srv/t/lines", "line": "b"},
    "changed",
    holds(b"lines", b"a\0\nb\n"),
    given="rm -f lines; printf 'a\\000' >lines",
)

# --- block -----------------------------------------------------------------------------------

BEGIN, END = b"# BEGIN dvo b\n", b"# END dvo b\n"
for name, text in ALL.items():
    case(
        "block",
        "content " + name,
        {"path": "/srv/t/block", "block": "b", "content": text},
        "changed",
        holds(
            b"/srv/t/block",
            b"first\n" + BEGIN + text + b"\n" * (text[-1:] not in (b"", b"\n")) + END,
        )
        + SAFE.encode(),
        given="echo first >block",
    )
case(
    "block",
    "new file",
    {"path": "/srv/t/nb/block", "block": "b", "content": "a\n", "comment": "//"},
    "changed",
    holds(b"nb/block", b"// BEGIN dvo b\na\n// END dvo b\n") + b"test $(stat -c %a nb/block) = 644",
    given="rm -rf nb",
)
case(
    "block",
    "unended file",
    {"path": "/srv/t/block", "block": "b", "content": "a"},
    "changed",
    holds(b"block", b"x\n" + BEGIN + b"a\n" + END),
    given="printf x >block",
)
case(
    "block",
    "replaced in its place",
    {"path": "/srv/t/block", "block": "b", "content": "new"},
    "changed",
    holds(b"block", b"x\n" + BEGIN + b"new\n" + END + b"# END dvo c\ny"),
    given="printf 'x\\n# BEGIN dvo b\\n1\\n2\\n# END dvo b\\n# END dvo c\\ny' >block",
)
case(
    "block",
    "there",
    {"path": "/srv/t/block", "block": "b", "content": "new"},
    "same",
)
case(
    "block",
    "absent",
    {"path": "/srv/t/block", "block": "b", "present": False},
    "changed",
    holds(b"block", b"x\n# END dvo c\ny"),
)
case("block", "absent already", {"path": "/srv/t/block", "block": "b", "present": False}, "same")
case("block", "no such file", {"path": "/srv/t/nob", "block": "b", "present": False}, "same")
for name, text in {
    "no end": b"# BEGIN dvo b\n1\n",
    "no begin": b"1\n# END dvo b\n",
    "end first": b"# END dvo b\n# BEGIN dvo b\n",
    "twice": (BEGIN + END) * 2,
}.items():
    case(
        "block",
        name,
        {"path": "/srv/t/block", "block": "b", "content": "a"},
        "failed EINVAL",
        holds(b"block", text),
        given=b"printf %s " + quoted(text) + b">block",
    )
case(
    "block",
    "marker in the content",
    {"path": "/srv/t/block", "block": "b", "content": "# END dvo b"},
    "failed EINVAL",
    given="echo a >block",
)
case(
    "block",
    "owner, mode and links stay",
    {"path": "/srv/t/block.link", "block": "b", "content": "a"},
    "changed",
    b"test -L block.link; test \"$(stat -c '%U %a' block)\" = 't-login 640'; "
    + holds(b"block2", b"a\n" + BEGIN + b"a\n" + END),
    given="echo a >block; chown t-login block; chmod 640 block; ln -sfn block block.link; ln -f block block2",
)
case(
    "block",
    "validated",
    {"path": "/srv/t/vb", "block": "b", "content": "good", "validate": ["grep", "-q", "good", "%s"]},
    "changed",
    "grep -q good vb",
)
case(
    "block",
    "refused",
    {"path": "/srv/t/vb", "block": "b", "content": "bad", "validate": ["grep", "-q", "good", "%s"]},
    "failed EINVAL",
    "grep -q good vb; test -z \"$(ls -A | grep '^.dvo' || :)\"",
    before="changed",
)
case(
    "block",
    "refused in place, with links",
    {"path": "/srv/t/vb", "block": "b", "content": "bad", "validate": ["grep", "-q", "good", "/srv/t/vb"]},
    "failed EINVAL",
    "grep -q good vb; cmp vb vb2; test vb -ef vb2; test -z \"$(ls -A | grep '^.dvo' || :)\"",
    given="ln -f vb vb2",
    before="changed",
)
case("block", "directory", {"path": "/srv/t", "block": "b", "content": ""}, "failed EINVAL")

# --- permissions -----------------------------------------------------------------------------

case(
    "permissions",
    "file",
    {"path": "/srv/t/pf", "owner": "t-login", "group": "t-group", "mode": "4750"},
    "changed",
    "test \"$(stat -c '%U:%G %a' pf)\" = 't-login:t-group 4750'",
    given="touch pf",
)
case(
    "permissions",
    "unwritten stays",
    {"path": "/srv/t/pf", "mode": "0600"},
    "changed",
    "test \"$(stat -c '%U:%G %a' pf)\" = 't-login:t-group 600'",
)
case(
    "permissions",
    "directory alone",
    {"path": "/srv/t/pd", "mode": "0700", "owner": "t-login"},
    "changed",
    "test \"$(stat -c '%U %a' pd pd/x | tr '\\n' ' ')\" = 't-login 700 root 644 '",
    given="mkdir -p pd/e; touch pd/x; chmod 2755 pd; ln -sfn /srv/t/f2 pd/l; touch f2",
)
case(
    "permissions",
    "recursive",
    {"path": "/srv/t/pd", "owner": "t-login", "group": "t-group", "mode": "0750", "recursive": True},
    "changed",
    "test \"$(find pd ! -type l -printf '%u:%g %m\\n' | sort -u)\" = 't-login:t-group 750'; "
    "test $(stat -c %U pd/l) = t-login; test $(stat -c %U f2) = root",
)
case(
    "permissions",
    "a link itself",
    {"path": "/srv/t/pd/l", "owner": "root", "recursive": True},
    "changed",
    "test $(stat -c %U pd/l) = root",
)
case("permissions", "mode of a link", {"path": "/srv/t/pd/l", "mode": "0600"}, "failed EINVAL")
case("permissions", "nothing", {"path": "/srv/t/pd"}, "failed EINVAL")
case(
    "permissions",
    "missing",
    {"path": "/srv/t/nothing", "mode": "0600"},
    "failed ENOENT",
    before="unknown ENOENT",
)
case(
    "permissions",
    "unknown group",
    {"path": "/srv/t/pd", "group": "t-nobody"},
    "failed ENOENT",
    before="unknown ENOENT",
)

# --- unpack ----------------------------------------------------------------------------------

MEMBERS = (
    "rm -rf un in; mkdir -p in/app/bin; echo 1 >in/app/bin/run; chmod 4755 in/app/bin/run; "
    "echo text >'in/app/a  b'; ln -sfn bin/run in/app/l; chown -R 1234:1234 in; "
)
UNPACKED = (
    "test \"$(find un -mindepth 1 -printf '%P %u %g\\n' | sort | tr '\\n' ,)\" = "
    "'app root root,app/a  b root root,app/bin root root,app/bin/run root root,app/l root root,'; "
    "test \"$(stat -c '%U %a' un)\" = 'root 755'; test -x un/app/bin/run; test -L un/app/l; "
    "test -z \"$(ls -A | grep '^.dvo' || :)\""
)
for name, make in {
    "tar": "tar -cf in.arc -C in .",
    "gz": "tar -czf in.arc -C in app",
    "bz2": "tar -cjf in.arc -C in app",
    "xz": "tar -cJf in.arc -C in app",
    "zst": "tar -c --zstd -f in.arc -C in app",
    "zip": "python3 -c 'import zipfile,os\nz=zipfile.ZipFile(\"in.arc\",\"w\")\n"
    "for p in (\"app/bin/run\",\"app/a  b\"): z.write(\"in/\"+p,p)\n"
    "i=zipfile.ZipInfo(\"app/l\"); i.create_system=3; i.external_attr=0o120777<<16\n"
    "z.writestr(i,\"bin/run\")'",
}.items():
    case(
        "unpack",
        name,
        {"path": "/srv/t/un", "archive": "/srv/t/in.arc", "creates": "/srv/t/un/app/bin/run"},
        "changed",
        UNPACKED,
        given=MEMBERS + make,
    )
case(
    "unpack",
    "into what is there",
    {"path": "/srv/t/un", "archive": "/srv/t/in.arc", "creates": "/srv/t/un/app", "owner": "t-login"},
    "changed",
    "test \"$(stat -c '%U %a' un)\" = 'root 700'; test \"$(find un -mindepth 1 -printf '%P %u\\n' | sort | "
    "tr '\\n' ,)\" = 'app t-login,app/a  b t-login,app/bin t-login,app/bin/run t-login,"
    "app/l t-login,mine root,'",
    given=MEMBERS + "tar -cf in.arc -C in .; mkdir -m 700 un; touch un/mine",
)
case(
    "unpack",
    "over what is there",
    {"path": "/srv/t/un", "archive": "/srv/t/in.arc", "creates": "/srv/t/un/app/new"},
    "changed",
    "test \"$(cat un/app/bin/run)\" = 2; test -e un/app/kept; test -e un/app/new",
    given="touch un/app/kept; echo 2 >in/app/bin/run; touch in/app/new; tar -cf in.arc -C in .",
)
case(
    "unpack",
    "does not create it",
    {"path": "/srv/t/un", "archive": "/srv/t/in.arc", "creates": "/srv/t/un/app/other"},
    "failed EINVAL",
    "test \"$(cat un/app/bin/run)\" = 3; test -z \"$(ls -A un | grep '^.dvo' || :)\"",
    given="echo 3 >un/app/bin/run",
    before="changed",
    reason="app/other",
)
case(
    "unpack",
    "leads nowhere else",
    {"path": "/srv/t/un2", "archive": "/srv/t/out.arc", "creates": "/srv/t/un2/x"},
    "failed EINVAL",
    SAFE + "; test ! -e un2",
    given="python3 -c 'import tarfile,io\nt=tarfile.open(\"out.arc\",\"w\")\n"
    "t.addfile(tarfile.TarInfo(\"../pwned\"),io.BytesIO())'",
    before="changed",
)
case(
    "unpack",
    "no archive",
    {"path": "/srv/t/un2", "archive": "/srv/t/f2", "creates": "/srv/t/un2/x"},
    "failed EINVAL",
    "test ! -e un2",
    given="echo hello >f2",
    before="changed",
)
case(
    "unpack",
    "missing archive",
    {"path": "/srv/t/un2", "archive": "/srv/t/none.tar", "creates": "/srv/t/un2/x"},
    "failed ENOENT",
    before="unknown ENOENT",
)
case(
    "unpack",
    "created already",
    {"path": "/srv/t/un2", "archive": "/srv/t/none.tar", "creates": "/srv/t/f2"},
    "same",
    "test ! -e un2",
)
case(
    "unpack",
    "no tool for it",
    {"path": "/srv/t/un2", "archive": "/srv/t/in.arc", "creates": "/srv/t/un2/x"},
    "failed ENOSYS",
    "mv /usr/bin/unzip.away /usr/bin/unzip",
    given="printf 'PK\\003\\004xx' >in.arc; mv /usr/bin/unzip /usr/bin/unzip.away",
    before="changed",
    once=True,
    reason="the package unzip",
)
case(
    "unpack",
    "over a file",
    {"path": "/srv/t/f2", "archive": "/srv/t/in.arc", "creates": "/srv/t/x"},
    "failed EINVAL",
)

# --- sync, fetch -----------------------------------------------------------------------------

SOURCE = (
    "rm -rf sy src; mkdir -p src/bin src/empty; echo 1 >src/bin/run; chmod 755 src/bin/run src/bin; "
    "echo text >'src/a  b'; ln -sfn bin/run src/l; "
)
PACK = "tar -c --sort=name --mtime=@0 --owner=0 --group=0 -f src.tar -C src $(ls src | grep -v ' ') 'a  b'; "
SYNC = {"path": "/srv/t/sy", "source": "/srv/t/src.tar"}
case(
    "sync",
    "new",
    SYNC,
    "changed",
    "diff -r src sy; test \"$(find sy -printf '%u:%g ' | tr ' ' '\\n' | sort -u | tr -d '\\n')\" = root:root; "
    "test -x sy/bin/run; test \"$(readlink sy/l)\" = bin/run; test -d sy/empty; test $(stat -c %a sy) = 755",
    given=SOURCE + PACK,
)
case(
    "sync",
    "owner and group",
    {**SYNC, "owner": "t-login", "group": "t-group"},
    "changed",
    "test \"$(find sy -mindepth 1 -printf '%u:%g\\n' | sort -u)\" = t-login:t-group; "
    "test \"$(stat -c %i sy/bin/run)\" = \"$(cat inode)\"",
    given="stat -c %i sy/bin/run >inode; mkdir -p sy/other; chown t-login:t-group sy/other",
)
case(
    "sync",
    "only what differs",
    {**SYNC, "owner": "t-login", "group": "t-group"},
    "changed",
    "diff -r --exclude other src sy; test \"$(stat -c '%i %a' sy/bin/run)\" = \"$(cat inode) 755\"; "
    "test -d sy/other; test -z \"$(ls -A sy | grep '^.dvo' || :)\"",
    given="echo other >'sy/a  b'; chmod 700 sy/bin/run; rm sy/l",
)
case(
    "sync",
    "delete",
    {**SYNC, "owner": "t-login", "group": "t-group", "delete": True},
    "changed",
    "diff -r src sy; test -e f2",
    given="touch sy/--x \"sy/other/$(printf 'a\\nb')\" sy/bin/y; touch f2; ln -sfn /srv/t/f2 sy/z",
    reason="is not in the source",
)
case(
    "sync",
    "another kind",
    {**SYNC, "owner": "t-login", "group": "t-group"},
    "failed EINVAL",
    "test -L sy/bin; test -e sy/away/run",
    given="mv sy/bin sy/away; ln -s away sy/bin",
    reason="/srv/t/sy/bin is a link",
)
case(
    "sync",
    "another kind, deleted",
    {**SYNC, "owner": "t-login", "group": "t-group", "delete": True},
    "changed",
    "diff -r src sy; test ! -L sy/bin",
)
case("sync", "over a file", {**SYNC, "path": "/srv/t/f2"}, "failed EINVAL", given="touch f2")
case("sync", "no archive", {**SYNC, "source": "/srv/t/none"}, "failed ENOENT", before="unknown ENOENT")
case(
    "sync",
    "not an owner",
    {**SYNC, "owner": "t-nobody"},
    "failed ENOENT",
    before="unknown ENOENT",
)
FETCH = {
    "path": "/srv/t/fe/f",
    "source": "/srv/t/sent",
    "digest": "sha256:98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4",
}
case(
    "fetch",
    "new",
    {**FETCH, "owner": "t-login", "mode": "0600"},
    "changed",
    "cmp sent fe/f; test \"$(stat -c '%U:%G %a' fe/f)\" = 't-login:root 600'",
    given="rm -rf fe; printf 'hi\\n' >sent",
)
case("fetch", "mode alone", FETCH, "changed", given="rm sent", reason="mode 0600 becomes 0644")
case("fetch", "lost", FETCH, "failed ENOENT", before="changed", given="echo other >fe/f")
case(
    "fetch",
    "not what was promised",
    FETCH,
    "failed EPROTO",
    "test \"$(cat fe/f)\" = other; test \"$(ls -A fe)\" = f",
    given="echo third >sent",
    before="changed",
)
case("fetch", "over a directory", {**FETCH, "path": "/srv/t/fe"}, "failed EINVAL")

# --- git -------------------------------------------------------------------------------------

# The same commits on every machine.
ONE, TWO = "8367dc2cbdf04b479e1a164c84f94e0e3d99ec45", "4df76a17069273f7989e480235904bc9e4396d7c"
GIT = {"path": "/srv/t/wc", "repo": "/srv/t/up", "owner": "t-login"}
case(
    "git",
    "new",
    {**GIT, "commit": ONE},
    "changed",
    "test \"$(cat wc/f)\" = 1; test -z \"$(find wc ! -user t-login)\"; test $(stat -c %a wc) = 755; "
    "test -z \"$(ls -A | grep '^.dvo' || :)\"",
    given="rm -rf up wc; mkdir up; cd up; export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.org "
    "GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@example.org GIT_AUTHOR_DATE='1000000000 +0000' "
    "GIT_COMMITTER_DATE='1000000000 +0000'; git init -q -b main; for i in 1 2; do echo $i >f; echo $i >f$i; git add .; "
    "git commit -qm $i; done; git log --format=%H; chown -R t-login: /srv/t/up",
)
case("git", "next commit", {**GIT, "commit": TWO}, "changed", 'test "$(cat wc/f)" = 2')
case("git", "back", {**GIT, "commit": ONE}, "changed", "test ! -e wc/f2")
case(
    "git",
    "untracked files stay",
    {**GIT, "commit": ONE},
    "same",
    "test -e wc/mine",
    given="touch wc/mine",
)
case(
    "git",
    "untracked file in the way",
    {**GIT, "commit": TWO},
    "failed EBUSY",
    'test "$(cat wc/f2)" = mine; test "$(cat wc/f)" = 1',
    given="echo mine >wc/f2",
    before="changed",
)
case(
    "git",
    "local changes",
    {**GIT, "commit": TWO},
    "failed EBUSY",
    'test "$(cat wc/f)" = mine',
    given="rm wc/f2; echo mine >wc/f",
    reason="M f",
)
case(
    "git",
    "a branch",
    {**GIT, "commit": ONE},
    "changed",
    "! git --git-dir wc/.git symbolic-ref -q HEAD",
    given="setpriv --reuid t-login --regid t-login --clear-groups sh -c 'cd wc; git checkout -q -f -b mine'",
    reason="branch mine",
)
case(
    "git",
    "no such commit",
    {**GIT, "commit": "1" * 40},
    "failed ENOENT",
    before="changed",
)
case(
    "git",
    "no such repository",
    {**GIT, "path": "/srv/t/wc2", "repo": "/srv/t/none", "commit": ONE},
    "failed ENOENT",
    "test ! -e wc2",
    before="changed",
)
case("git", "something else", {**GIT, "path": "/srv/t", "commit": ONE}, "failed EINVAL")
case("git", "another owner", {**GIT, "owner": "root", "commit": ONE}, "failed EINVAL")
case("git", "branch for a commit", {**GIT, "commit": "main"}, "failed EINVAL")
case(
    "git",
    "no git",
    {**GIT, "path": "/srv/t/wc2", "commit": ONE},
    "failed ENOSYS",
    "mv /usr/bin/git.away /usr/bin/git",
    given="mv /usr/bin/git /usr/bin/git.away",
    before="changed",
    once=True,
    reason="the package git",
)

# --- directory, link -------------------------------------------------------------------------

for name, text in {**SHORT, **LINES}.items():
    if text:
        path = b"/srv/t/p/d" + text.replace(b"/", b"_")
        case(
            "directory",
            "path " + name,
            {"path": path},
            "changed",
            b"test -d %s; " % quoted(path) + SAFE.encode(),
            given="rm -rf p",
            once=name == "bytes",
        )
for name, text in {**SHORT, **LINES}.items():
    if text:
        case(
            "link",
            "to " + name,
            {"path": "/srv/t/to", "to": text},
            "changed",
            b"readlink -n to >to.text; " + holds(b"to.text", text) + SAFE.encode(),
            given="rm -f to",
        )
case(
    "directory",
    "defaults",
    {"path": "/srv/t/dd/e"},
    "changed",
    "test \"$(stat -c '%U:%G %a' dd dd/e | uniq)\" = 'root:root 755'",
)
case(
    "directory",
    "unwritten stays",
    {"path": "/srv/t/dd/e"},
    "same",
    "test $(stat -c %a dd/e) = 711",
    given="chmod 711 dd/e",
)
case(
    "directory",
    "written",
    {"path": "/srv/t/dd/e", "owner": "t-login", "group": "t-group", "mode": "2770"},
    "changed",
    "test \"$(stat -c '%U:%G %a' dd/e)\" = 't-login:t-group 2770'",
)
case(
    "directory",
    "recursive",
    {"path": "/srv/t/dd", "owner": "t-login", "recursive": True},
    "changed",
    "test \"$(find dd -printf '%u\\n' | sort -u)\" = t-login; test $(stat -c %U /srv/t/f2) = root",
    given="touch dd/x; ln -sfn /srv/t/f2 dd/l; chown -R root dd",
)
case(
    "directory", "not empty", {"path": "/srv/t/dd", "present": False}, "failed EINVAL", "test -d dd"
)
case(
    "directory",
    "gone",
    {"path": "/srv/t/dd", "present": False, "recursive": True},
    "changed",
    "test ! -e dd; test -e f2",
)
case(
    "directory",
    "empty gone",
    {"path": "/srv/t/ee", "present": False},
    "changed",
    "test ! -e ee",
    given="mkdir ee",
)
case("directory", "never /", {"path": "/", "present": False, "recursive": True}, "failed EINVAL")
case("directory", "over a file", {"path": "/srv/t/f2"}, "failed EINVAL")
case("directory", "over a link", {"path": "/srv/t/dl"}, "failed EINVAL", given="ln -sfn /srv/t dl")
case(
    "link",
    "new",
    {"path": "/srv/t/k/l", "to": "/nowhere"},
    "changed",
    'test "$(readlink k/l)" = /nowhere',
    given="rm -rf k",
)
case(
    "link",
    "other target",
    {"path": "/srv/t/k/l", "to": "/srv/t"},
    "changed",
    'test "$(readlink k/l)" = /srv/t; test "$(ls -A k)" = l',
)
case(
    "link",
    "to a directory, again",
    {"path": "/srv/t/k/l", "to": "/srv"},
    "changed",
    'test "$(readlink k/l)" = /srv; test ! -e /srv/t/l/l',
)
case("link", "over a file", {"path": "/srv/t/f2", "to": "/x"}, "failed EINVAL", "test -f f2")
case("link", "over a directory", {"path": "/srv/t/d", "to": "/x"}, "failed EINVAL", "test ! -L d")
case(
    "link",
    "absent",
    {"path": "/srv/t/k/l", "present": False},
    "changed",
    "test ! -L k/l; test -d /srv/t",
)

# --- run, query ------------------------------------------------------------------------------

for name, text in ALL.items():
    if name != "bytes":
        case(
            "run",
            "argv " + name,
            {"argv": ["printf", "%s", text]},
            "changed",
            SAFE,
            before="unknown",
            once=True,
            fields={"stdout": text.rstrip(b"\n"), "status": "0", "stderr": ""},
        )
    case(
        "query",
        "stdin " + name,
        {"argv": ["cat"], "stdin": text},
        "same",
        SAFE,
        fields={"stdout": text.rstrip(b"\n")},
    )
    case(
        "query",
        "env " + name,
        {"argv": ["sh", "-c", "printf '%s' \"$V\""], "env": {"V": text}},
        "same",
        SAFE,
        fields={"stdout": text.rstrip(b"\n")},
    )
ENVIRON = ["sort", "-z", "/proc/self/environ"]
case(
    "query",
    "environment of root",
    {"argv": ENVIRON, "env": {"B": "2"}},
    "same",
    fields={
        "stdout": "B=2\0HOME=/root\0LANG=C.UTF-8\0LOGNAME=root\0"
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\0SHELL=/bin/bash\0USER=root\0"
    },
)
case(
    "query",
    "environment of a login",
    {"argv": ENVIRON, "login": "t-login"},
    "same",
    fields={
        "stdout": "HOME=/home/t-login\0LANG=C.UTF-8\0LOGNAME=t-login\0"
        "PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games\0SHELL=/bin/sh\0USER=t-login\0"
    },
)
case(
    "query",
    "login, umask and cwd",
    {"argv": ["sh", "-c", "id -un; id -nG; umask; pwd"], "login": "t-login", "cwd": "/srv/t"},
    "same",
    fields={"stdout": "t-login\nt-login t-group\n0022\n/srv/t"},
)
case(
    "query",
    "variables with names of ours",
    {
        "argv": ["sh", "-c", "id -un; echo $DVO_LOGIN_UID $P_login $N_argv"],
        "login": "t-login",
        "env": {"DVO_LOGIN_UID": "0", "P_login": "root", "N_argv": "0", "P_argv_1": "x"},
    },
    "same",
    fields={"stdout": "t-login\n0 root 0"},
)
case(
    "query",
    "daemon",
    {"argv": ["sh", "-c", "sleep 30 & echo started"]},
    "same",
    fields={"stdout": "started"},
    once=True,
)
case(
    "query",
    "failure",
    {"argv": ["sh", "-c", "echo out; echo err >&2; exit 3"]},
    "failed EUNKNOWN",
    fields={"stdout": "out", "stderr": "err", "status": "3"},
    reason="exit status 3: err",
)
case(
    "query",
    "success",
    {"argv": ["sh", "-c", "exit 3"], "success": [0, 3]},
    "same",
    fields={"status": "3"},
)
case(
    "query",
    "signal",
    {"argv": ["sh", "-c", "kill -9 $$"]},
    "failed EUNKNOWN",
    fields={"status": "137"},
)
case("query", "no such command", {"argv": ["t-nothing"]}, "failed ENOENT")
case("query", "empty argv", {"argv": [""]}, "failed EINVAL")
case(
    "query",
    "no such login",
    {"argv": ["id"], "login": "t-nobody"},
    "failed ENOENT",
    before="unknown ENOENT",
)
case(
    "query",
    "no such cwd",
    {"argv": ["id"], "cwd": "/srv/none"},
    "failed ENOENT",
    before="unknown ENOENT",
)
case("query", "bad variable", {"argv": ["id"], "env": {"A-B": "1"}}, "failed EINVAL")
case(
    "query",
    "too much output",
    {"argv": ["sh", "-c", "head -c 3000000 /dev/zero | tr '\\0' x"]},
    "same",
    fields={"stdout": b"x" * 1048576},
    reason="stdout cut at 1 MiB",
)
case(
    "run",
    "creates",
    {"argv": ["touch", "/srv/t/made"], "creates": "/srv/t/made"},
    "changed",
    "test -e made",
    given="rm -f made",
    before="unknown",
)
case(
    "run",
    "creates is no pattern",
    {"argv": ["true"], "creates": "/srv/t/mad*"},
    "changed",
    before="unknown",
    once=True,
)
case(
    "run",
    "creates a dangling link",
    {"argv": ["false"], "creates": "/srv/t/dangling"},
    "same",
    given="ln -sfn /nowhere dangling",
)
case(
    "run",
    "unless",
    {"argv": ["touch", "/srv/t/u"], "unless": ["test", "-e", "/srv/t/u"]},
    "changed",
    given="rm -f u",
    before="unknown",
)
case(
    "run",
    "only_if",
    {"argv": ["rm", "/srv/t/u"], "only_if": ["test", "-e", "/srv/t/u"]},
    "changed",
    "test ! -e u",
    before="unknown",
)
case(
    "run",
    "on false",
    {"argv": ["touch", "/srv/t/on"], "on": [False, False]},
    "same",
    "test ! -e on",
)
case(
    "run",
    "on true",
    {"argv": ["touch", "/srv/t/on"], "on": [False, True], "creates": "/srv/t/on"},
    "changed",
    "test -e on",
    before="unknown",
)
case(
    "run",
    "nothing expanded",
    {"argv": ["echo", "$HOME", "~", "*"]},
    "changed",
    before="unknown",
    once=True,
    fields={"stdout": "$HOME ~ *"},
)
case(
    "run",
    "login's groups",
    {"argv": ["id", "-nG"], "login": "t-login"},
    "changed",
    before="unknown",
    once=True,
    fields={"stdout": "t-login t-group"},
)
case(
    "run",
    "files of a login",
    {"argv": ["sh", "-c", "echo x >/tmp/by-login"], "login": "t-login", "creates": "/tmp/by-login"},
    "changed",
    "test \"$(stat -c '%U %a' /tmp/by-login)\" = 't-login 644'",
    given="rm -f /tmp/by-login",
    before="unknown",
)
case(
    "run",
    "units stopped around it",
    {
        "argv": ["systemctl", "is-active", "t-ok.service"],
        "success": [3],
        "stopped": ["t-ok", "t-dies"],
    },
    "changed",
    "systemctl -q is-active t-ok; ! systemctl -q is-active t-dies",
    given="systemctl start t-ok",
    before="unknown",
    once=True,
    fields={"stdout": "inactive"},
)
case(
    "run",
    "units started after failure",
    {"argv": ["false"], "stopped": ["t-ok"]},
    "failed EUNKNOWN",
    "systemctl -q is-active t-ok; systemctl stop t-ok",
    before="unknown",
    once=True,
)
case(
    "run",
    "secrets stay out of sight",
    {
        "argv": [
            "sh",
            "-c",
            "cat /proc/*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -c [S]eCreT; exit 0",
        ],
        "env": {"V": "SeCreT"},
        "stdin": "SeCreT",
    },
    "changed",
    before="unknown",
    once=True,
    fields={"stdout": "0"},
)

# --- wait ------------------------------------------------------------------------------------

case("wait", "path", {"path": "/srv/t", "within": 5}, "same")
case(
    "wait",
    "path later",
    {"path": "/srv/t/later", "within": 10},
    "same",
    given="rm -f later; (sleep 1; touch later) >/dev/null 2>&1 &",
    before="unknown",
)
case("wait", "never", {"path": "/srv/t/never", "within": 1}, "failed ETIMEDOUT", before="unknown")
case("wait", "unit", {"unit": "cron", "within": 5}, "same")
case("wait", "no port", {"port": 4711, "within": 0}, "failed ETIMEDOUT", before="unknown")
case(
    "wait",
    "port",
    {"port": 4711, "within": 10},
    "same",
    given="(exec timeout 60 python3 -c 'import socket,time; s=socket.socket(); s.bind((\"127.0.0.1\",4711)); s.listen(); time.sleep(60)') >/dev/null 2>&1 & sleep 0.5",
)
case("wait", "argv", {"argv": ["test", "-e", "/srv/t"], "within": 5}, "same")
case(
    "wait",
    "argv that hangs",
    {"argv": ["sleep", "60"], "within": 1},
    "failed ETIMEDOUT",
    before="unknown",
)
case("wait", "nothing", {}, "failed EINVAL")

# --- group, user, authorized_key -------------------------------------------------------------

HASH = (
    "$6$salt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/"
)
GONE = "for u in t-u1 t-u2 t-u3; do userdel -r $u; groupdel $u; done >/dev/null 2>&1 || :; groupdel t-g1 >/dev/null 2>&1 || :"
case(
    "group",
    "new",
    {"group": "t-g1", "gid": 4001},
    "changed",
    "test \"$(getent group t-g1)\" = 't-g1:x:4001:'",
    given=GONE,
)
case(
    "group",
    "gid",
    {"group": "t-g1", "gid": 4002},
    "changed",
    "test \"$(getent group t-g1)\" = 't-g1:x:4002:'",
)
case("group", "unwritten gid", {"group": "t-g1"}, "same")
case("group", "gid in use", {"group": "t-g1", "gid": 0}, "failed EEXIST", before="changed")
case("group", "absent", {"group": "t-g1", "present": False}, "changed", "! getent group t-g1")
case(
    "group",
    "somebody's own",
    {"group": "t-login", "present": False},
    "failed EBUSY",
    before="changed",
)
case(
    "group",
    "system",
    {"group": "t-g1", "system": True},
    "changed",
    "test $(getent group t-g1 | cut -d: -f3) -lt 1000",
)
for name, text in {**HOSTILE, **LINES}.items():
    if name != "yaml":
        case("group", "name " + name, {"group": text}, "failed EINVAL", SAFE)
        case("user", "name " + name, {"login": text}, "failed EINVAL", SAFE)
        case("install", "name " + name, {"packages": [text]}, "failed EINVAL", SAFE)
        case("remove", "name " + name, {"packages": [text]}, "failed EINVAL", SAFE)
        case("service", "name " + name, {"unit": text}, "failed EINVAL", SAFE)
        if name != "dash":
            case(
                "cron",
                "name " + name,
                {"job": text, "schedule": "@daily", "command": "x"},
                "failed EINVAL",
                SAFE,
            )
        case(
            "cron",
            "schedule " + name,
            {"job": "t", "schedule": text, "command": "x"},
            "failed EINVAL",
            SAFE,
        )
        case(
            "repository",
            "name " + name,
            {"repository": text, "uri": "x", "suites": ["x"]},
            "failed EINVAL",
            SAFE,
        )
    if b" " in text or b"\n" in text:
        case(
            "repository",
            "uri " + name,
            {"repository": "t-bad", "uri": text, "suites": ["./"]},
            "failed EINVAL",
            SAFE,
        )
case(
    "user",
    "new",
    {"login": "t-u1"},
    "changed",
    'test "$(getent passwd t-u1 | cut -d: -f6-)" = /home/t-u1:/bin/bash; test $(id -gn t-u1) = t-u1; '
    'test "$(stat -c %U /home/t-u1)" = t-u1; test -e /home/t-u1/.profile; test "$(getent shadow t-u1 | cut -d: -f2)" = \'!\'',
    given=GONE,
)
case("user", "unwritten stays", {"login": "t-u1"}, "same")
case(
    "user",
    "everything",
    {
        "login": "t-u1",
        "uid": 4100,
        "group": "t-group",
        "groups": ["daemon", "t-group"],
        "home": "/home/other",
        "shell": "/bin/sh",
        "comment": "A 'B' $(x) *",
        "password": HASH,
    },
    "changed",
    'test "$(getent passwd t-u1 | cut -d: -f3,5-)" = "4100:A \'B\' \\$(x) *:/home/other:/bin/sh"; test "$(id -Gn t-u1)" = \'t-group daemon\'; '
    'test "$(getent shadow t-u1 | cut -d: -f2)" = \'' + HASH + "'",
)
case(
    "user",
    "at least these groups",
    {"login": "t-u1", "groups": ["sys"]},
    "changed",
    "id -nG t-u1 | grep -w daemon | grep -w sys",
)
case(
    "user",
    "group of its name exists",
    {"login": "t-u2", "comment": "", "password": HASH},
    "changed",
    "test $(id -gn t-u2) = t-u2",
    given="groupadd t-u2",
)
case(
    "user",
    "system",
    {"login": "t-u3", "system": True},
    "changed",
    'test "$(getent passwd t-u3 | cut -d: -f6-)" = /home/t-u3:/usr/sbin/nologin; test ! -e /home/t-u3; test $(id -u t-u3) -lt 1000',
)
case(
    "user",
    "missing group",
    {"login": "t-u1", "groups": ["t-none"]},
    "failed ENOENT",
    before="unknown ENOENT",
)
case("user", "uid in use", {"login": "t-u1", "uid": 0}, "failed EEXIST", before="changed")
case("user", "colon", {"login": "t-u1", "comment": "a:b"}, "failed EINVAL")
case(
    "user",
    "busy",
    {"login": "t-u2", "present": False},
    "failed EBUSY",
    "pkill -u t-u2; sleep 0.3",
    given="setsid setpriv --reuid t-u2 --regid t-u2 --init-groups sleep 60 </dev/null >/dev/null 2>&1 & sleep 0.3",
    before="changed",
    once=True,
)
case(
    "user",
    "absent keeps the home",
    {"login": "t-u2", "present": False},
    "changed",
    "! getent passwd t-u2; test -d /home/t-u2",
)
for name, text in SHORT.items():
    if b":" not in text and name not in ("bytes", "utf8", "blanks"):
        case(
            "user",
            "comment " + name,
            {"login": "t-u1", "comment": text},
            "changed",
            b'test "$(getent passwd t-u1 | cut -d: -f5)" = %s; ' % quoted(text) + SAFE.encode(),
        )
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
OTHER = KEY.replace("OMqq", "OMqr")
AK = "~t-login/.ssh/authorized_keys"
case(
    "authorized_key",
    "new",
    {"login": "t-login", "key": KEY + " me@here"},
    "changed",
    "test \"$(stat -c '%U %a' ~t-login/.ssh)\" = 't-login 700'; test \"$(stat -c '%U %a' "
    + AK
    + ")\" = 't-login 600'",
    given="rm -rf ~t-login/.ssh",
)
case(
    "authorized_key",
    "second",
    {"login": "t-login", "key": OTHER + "\n"},
    "changed",
    "test $(wc -l <" + AK + ") = 2",
)
case(
    "authorized_key",
    "comment",
    {"login": "t-login", "key": KEY + " you"},
    "changed",
    "test $(wc -l <" + AK + ") = 2; grep -q you " + AK,
)
case(
    "authorized_key",
    "options",
    {"login": "t-login", "key": 'from="a",command="x \'y\' $(z)" ' + KEY},
    "changed",
    "grep -q 'from=\"a\"' " + AK,
)
case(
    "authorized_key",
    "absent",
    {"login": "t-login", "key": KEY, "present": False},
    "changed",
    'test "$(cat ' + AK + ")\" = '" + OTHER + "'",
)
case("authorized_key", "no key", {"login": "t-login", "key": "hello"}, "failed EINVAL")
case(
    "authorized_key", "two lines", {"login": "t-login", "key": KEY + "\n" + OTHER}, "failed EINVAL"
)
case(
    "authorized_key",
    "link",
    {"login": "t-login", "key": KEY},
    "failed EINVAL",
    "test ! -s /srv/t/victim; rm " + AK,
    given="rm -f " + AK + "; : >victim; ln -s /srv/t/victim " + AK,
    once=True,
)
case(
    "authorized_key",
    "no login",
    {"login": "t-nobody", "key": KEY},
    "failed ENOENT",
    before="unknown ENOENT",
)
for name, text in SHORT.items():
    case(
        "authorized_key",
        "comment " + name,
        {"login": "t-login", "key": KEY.encode() + b" " + text},
        "changed",
        b"grep -qxF -e %s " % quoted(KEY.encode() + b" " + text)
        + AK.encode()
        + b"; "
        + SAFE.encode(),
        given="rm -f " + AK,
    )

# --- service, unit, cron ---------------------------------------------------------------------

case(
    "service",
    "new",
    {"unit": "t-ok"},
    "changed",
    "systemctl -q is-active t-ok; systemctl -q is-enabled t-ok",
    given="systemctl stop t-ok; systemctl -q disable t-ok",
)
case(
    "service",
    "restart",
    {"unit": "t-ok", "restart": True, "reload": True},
    "changed",
    'test "$(systemctl show -P MainPID t-ok)" != "$(cat pid)"',
    given="systemctl show -P MainPID t-ok >pid",
    once=True,
    reason="restart on change",
)
case(
    "service",
    "reload",
    {"unit": "t-ok", "restart": False, "reload": True},
    "changed",
    'test "$(systemctl show -P MainPID t-ok)" = "$(cat pid)"',
    given="systemctl show -P MainPID t-ok >pid",
    once=True,
    reason="reload on change",
)
case(
    "service",
    "no second start",
    {"unit": "t-ok", "restart": True},
    "changed",
    "test $(journalctl -q --no-pager -o cat -u t-ok --since \"$(cat since)\" | grep -c '^Started') = 1",
    given="systemctl stop t-ok; sleep 1.1; date '+%F %T' >since",
    once=True,
)
case(
    "service",
    "disabled",
    {"unit": "t-ok", "enabled": False},
    "changed",
    "systemctl -q is-active t-ok; ! systemctl -q is-enabled t-ok",
)
case(
    "service",
    "stopped",
    {"unit": "t-ok", "running": False},
    "changed",
    "! systemctl -q is-active t-ok",
)
case(
    "service",
    "stopped but enabled",
    {"unit": "t-ok", "running": False, "enabled": True},
    "changed",
    "systemctl -q is-enabled t-ok",
)
case(
    "service",
    "nothing to restart",
    {"unit": "t-ok", "running": False, "enabled": True, "restart": True},
    "same",
)
case(
    "service",
    "older text",
    {"unit": "t-ok"},
    "changed",
    "test $(systemctl show -P NeedDaemonReload t-ok) = no",
    given="systemctl start t-ok; sleep 1.1; echo '# x' >>/etc/systemd/system/t-ok.service",
)
case(
    "service", "static", {"unit": "t-static.service"}, "changed", "systemctl -q is-active t-static"
)
case("service", "static stopped", {"unit": "t-static", "running": False}, "changed")
case("service", "static disabled", {"unit": "t-static", "enabled": False}, "failed EINVAL")
case("service", "masked", {"unit": "t-masked"}, "failed EINVAL")
case("service", "missing", {"unit": "t-missing"}, "failed ENOENT", before="unknown ENOENT")
case("service", "dies", {"unit": "t-dies"}, "failed EPOSTCOND", before="changed", once=True)
case(
    "service",
    "failed part",
    {"unit": "t-ok"},
    "changed",
    "systemctl -q is-active t-part",
    given="systemctl start t-ok; systemctl start t-part || :; touch part",
    reason="failed: t-part.service",
)
case(
    "service",
    "part that stays failed",
    {"unit": "t-ok"},
    "failed EPOSTCOND",
    "systemctl reset-failed t-part",
    given="systemctl stop t-part; rm part; systemctl start t-part || :",
    before="changed",
    once=True,
)
case(
    "service",
    "cannot reload",
    {"unit": "t-static", "reload": True},
    "failed EINVAL",
    given="systemctl start t-static",
)
case(
    "unit",
    "new",
    {"unit": "t-new.service", "content": "[Service]\nExecStart=/bin/sleep 9\n"},
    "changed",
    "test $(stat -c %a /etc/systemd/system/t-new.service) = 644; systemctl start t-new; test $(systemctl show -P NeedDaemonReload t-new) = no",
    given="systemctl stop t-new 2>/dev/null || :; rm -f /etc/systemd/system/t-new.service",
)
case(
    "unit",
    "changed",
    {"unit": "t-new", "content": "[Service]\nExecStart=/bin/sleep 10\n"},
    "changed",
    "systemctl show -P ExecStart t-new | grep -q 'sleep 10'",
    given="sleep 1.1",
)
case(
    "unit",
    "not reloaded",
    {"unit": "t-new", "content": "[Service]\nExecStart=/bin/sleep 10\n"},
    "changed",
    given="systemctl start t-new; sleep 1.1; touch /etc/systemd/system/t-new.service",
)
case(
    "unit",
    "template",
    {"unit": "t-new@.service", "content": "[Service]\nExecStart=/bin/sleep 10\n"},
    "changed",
    given="rm -f /etc/systemd/system/t-new@.service",
)
case("unit", "masked", {"unit": "t-masked", "content": ""}, "failed EINVAL")
case("unit", "no unit", {"unit": "a/b", "content": ""}, "failed EINVAL")
case(
    "unit",
    "absent",
    {"unit": "t-new", "present": False},
    "changed",
    "systemctl stop t-new; test $(systemctl show -P LoadState t-new) = not-found",
)
for name, text in ALL.items():
    case(
        "unit",
        "content " + name,
        {"unit": "t-text.service", "content": text},
        "changed",
        holds(b"/etc/systemd/system/t-text.service", text) + SAFE.encode(),
        given="rm -f /etc/systemd/system/t-text.service; systemctl daemon-reload",
    )
case(
    "cron",
    "command",
    {
        "job": "t-job",
        "schedule": "*/5 1-3 * jan mon",
        "command": "echo 50\\% | x",
        "env": {"A": "x y", "B": 'a"b'},
    },
    "changed",
    holds(b"/etc/cron.d/t-job", b'A="x y"\nB=\'a"b\'\n*/5 1-3 * jan mon root echo 50\\% | x\n')
    + b"test \"$(stat -c '%U %a' /etc/cron.d/t-job)\" = 'root 644'",
    given="rm -f /etc/cron.d/t-job",
)
case(
    "cron",
    "argv",
    {
        "job": "t-job",
        "schedule": "@daily",
        "login": "t-login",
        "argv": ["echo", "it's 5%", "", "a b"],
    },
    "changed",
    holds(b"/etc/cron.d/t-job", b"@daily t-login echo 'it'\\''s 5\\%' '' 'a b'\n"),
)
ODD = "it's 5% \\ \\\\ \\% \\' a\\b $(x) `x` \"*"
case(
    "cron",
    "carried out",
    {
        "job": "t-job",
        "schedule": "* * * * *",
        "argv": ["sh", "-c", 'printf %s "$1" >/srv/t/cron.out', "sh", ODD],
    },
    "changed",
    b"for i in $(seq 70); do test ! -e cron.out || break; sleep 1; done; sleep 0.2; "
    + holds(b"cron.out", ODD.encode()),
    given="rm -f cron.out",
)
case("cron", "newline", {"job": "t-job", "schedule": "@daily", "command": "a\nb"}, "failed EINVAL")
case(
    "cron",
    "both quotes",
    {"job": "t-job", "schedule": "@daily", "command": "a", "env": {"A": "'\""}},
    "failed EINVAL",
)
case(
    "cron",
    "no login",
    {"job": "t-job", "schedule": "@daily", "command": "a", "login": "t-nobody"},
    "failed ENOENT",
    before="unknown ENOENT",
)
case("cron", "absent", {"job": "t-job", "present": False}, "changed", "test ! -e /etc/cron.d/t-job")
for name, text in SHORT.items():
    case(
        "cron",
        "command " + name,
        {"job": "t-text", "schedule": "@yearly", "command": text},
        "changed",
        holds(b"/etc/cron.d/t-text", b"@yearly root " + text + b"\n")
        + b"rm /etc/cron.d/t-text; "
        + SAFE.encode(),
        once=True,
    )

# --- packages --------------------------------------------------------------------------------

case(
    "install",
    "new",
    {"packages": ["t-lib"]},
    "changed",
    "dpkg -s t-lib",
    given="apt-get -qq -y purge t-app t-lib t-two t-bad >/dev/null 2>&1 || :",
)
case("install", "provided name", {"packages": ["t-virtual"]}, "same")
case(
    "install",
    "version",
    {"packages": ["t-app=1.1", "t-lib"]},
    "changed",
    "dpkg -s t-app | grep -q '^Version: 1.1'",
)
case("install", "unwritten version", {"packages": ["t-app"]}, "same")
case(
    "install",
    "downgrade keeps configuration",
    {"packages": ["t-app=1.0"]},
    "changed",
    "grep -q mine /etc/t-app.conf",
    given="echo mine >>/etc/t-app.conf",
)
case(
    "install",
    "upgrade",
    {"packages": ["t-app"], "upgrade": True},
    "changed",
    "dpkg -s t-app | grep -q '^Version: 1.1'; grep -q mine /etc/t-app.conf",
)
case(
    "install",
    "file",
    {"packages": ["t-app=1.0"], "deb": ["/srv/old/t.deb"]},
    "changed",
    "dpkg -s t-app | grep -q '^Version: 1.0'",
    given="mkdir -p /srv/old; cp /srv/repo/t-app_1.0_all.deb /srv/old/t.deb",
)
case(
    "install",
    "file is no longer needed",
    {"packages": ["t-app=1.0"], "deb": ["/srv/old/t.deb"]},
    "same",
    given="rm /srv/old/t.deb",
)
case(
    "install",
    "file that is needed",
    {"packages": ["t-app=1.1"], "deb": ["/srv/old/t.deb"]},
    "failed ENOENT",
    before="changed",
)
case(
    "install", "missing file", {"deb": ["/srv/none.deb"]}, "failed ENOENT", before="unknown ENOENT"
)
case("install", "unknown", {"packages": ["t-unknown"]}, "failed ENOENT", before="changed")
case("install", "no pattern", {"packages": ["t-a.p"]}, "failed ENOENT", before="changed")
case("install", "unknown version", {"packages": ["t-app=9"]}, "failed ENOENT", before="changed")
case("install", "removal by suffix", {"packages": ["t-app-"]}, "failed EINVAL", "dpkg -s t-app")
case(
    "install",
    "broken",
    {"packages": ["t-bad"]},
    "failed EUNKNOWN",
    "apt-get -qq -y purge t-bad",
    before="changed",
    once=True,
    reason="t-bad",
)
case(
    "install",
    "waits for the lock",
    {"packages": ["t-two"]},
    "changed",
    given='(exec timeout 4 python3 -c \'import fcntl,time\nf=open("/var/lib/dpkg/lock-frontend","w")\nfcntl.lockf(f,fcntl.LOCK_EX)\ntime.sleep(3)\') >/dev/null 2>&1 & sleep 0.7',
)
case(
    "hold",
    "held",
    {"packages": ["t-lib", "t-app"]},
    "changed",
    "test \"$(apt-mark showhold | tr '\\n' ' ')\" = 't-app t-lib '",
    given="apt-get -qq -y --allow-downgrades install t-lib t-app=1.0 >/dev/null 2>&1; apt-mark hold t-lib",
)
case("upgrade", "held packages stay", {}, "same", "dpkg -s t-app | grep -q '^Version: 1.0'")
case("hold", "released", {"packages": ["t-app", "t-unknown"], "present": False}, "changed")
case("hold", "released already", {"packages": ["t-app"], "present": False}, "same")
case(
    "hold",
    "not installed",
    {"packages": ["t-unknown"]},
    "failed ENOENT",
    before="unknown ENOENT",
)
case("hold", "version", {"packages": ["t-app=1.0"]}, "failed EINVAL")
case("upgrade", "no security update", {"security": True}, "same")
case(
    "upgrade",
    "all",
    {"within": 60},
    "changed",
    "dpkg -s t-app | grep -q '^Version: 1.1'; grep -q mine /etc/t-app.conf",
    given="echo mine >>/etc/t-app.conf",
    reason="t-app 1.0 becomes 1.1",
)
case(
    "upgrade",
    "security",
    {"security": True},
    "changed",
    "dpkg -s t-app | grep -q '^Version: 1.1'; dpkg -s t-sec | grep -q '^Version: 2'; "
    "rm /etc/apt/sources.list.d/sec.list; apt-get -qq update; "
    "apt-get -qq -y purge t-sec >/dev/null 2>&1",
    given="apt-get -qq -y install t-sec=1 >/dev/null 2>&1; echo 'deb [trusted=yes] "
    "file:/srv/repo/sec ./' >/etc/apt/sources.list.d/sec.list",
    before="same",
    once=True,
    reason="t-sec 1 becomes 2",
)
case(
    "upgrade",
    "no time",
    {"within": 1},
    "failed ETIMEDOUT",
    "sleep 2",
    given='(exec timeout 6 python3 -c \'import fcntl,time\nf=open("/var/lib/apt/lists/lock","w")\nfcntl.lockf(f,fcntl.LOCK_EX)\ntime.sleep(4)\') >/dev/null 2>&1 & sleep 0.7',
    before="same",
    once=True,
)
case("hold", "end", {"packages": ["t-lib"], "present": False}, "changed")
case(
    "remove",
    "removed",
    {"packages": ["t-app"]},
    "changed",
    "test -e /etc/t-app.conf; test \"$(dpkg-query -W -f '${db:Status-Status}' t-app)\" = config-files",
)
case("remove", "configuration stays", {"packages": ["t-app", "t-unknown"]}, "same")
case(
    "remove",
    "purged",
    {"packages": ["t-app"], "purge": True},
    "changed",
    "test ! -e /etc/t-app.conf",
)
case(
    "repository",
    "new",
    {"repository": "t", "uri": "file:/srv/repo", "suites": ["./"], "trusted": True},
    "changed",
    holds(
        b"/etc/apt/sources.list.d/t.sources",
        b"Types: deb\nURIs: file:/srv/repo\nSuites: ./\nTrusted: yes\n",
    )
    + b"apt-cache policy t-app | grep -q 1.1",
    given="rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*; rm -rf /var/lib/apt/lists/*",
)
case(
    "repository",
    "unsigned",
    {"repository": "u", "uri": "file:/srv/repo", "suites": ["./"]},
    "failed EAUTH",
    "test ! -e /etc/apt/sources.list.d/u.sources",
    before="changed",
)
case(
    "repository",
    "nothing there",
    {"repository": "u", "uri": "file:/srv/none", "suites": ["bookworm"], "components": ["main"]},
    "failed ENOENT",
    "test ! -e /etc/apt/sources.list.d/u.sources",
    before="changed",
)
case(
    "repository",
    "key",
    {
        "repository": "t",
        "uri": "file:/srv/repo",
        "suites": ["./"],
        "trusted": True,
        "key": "-----BEGIN PGP PUBLIC KEY BLOCK-----\n",
    },
    "changed",
    "grep -q '^Signed-By: /etc/apt/keyrings/t.asc' /etc/apt/sources.list.d/t.sources; test $(stat -c %a /etc/apt/keyrings/t.asc) = 644",
)
case(
    "repository",
    "binary key",
    {
        "repository": "t",
        "uri": "file:/srv/repo",
        "suites": ["./"],
        "trusted": True,
        "key64": "AAEC/w==",
    },
    "changed",
    "test -e /etc/apt/keyrings/t.gpg; test ! -e /etc/apt/keyrings/t.asc",
)
case(
    "repository",
    "absent",
    {"repository": "t", "present": False},
    "changed",
    "test ! -e /etc/apt/sources.list.d/t.sources; test ! -e /etc/apt/keyrings/t.gpg",
    given="echo 'deb [trusted=yes] file:/srv/repo ./' >/etc/apt/sources.list; apt-get -qq update",
)
APP = {"package": "t-app", "version": "1.0"}
case(
    "deploy",
    "new",
    {**APP, "env": {"A": "1"}},
    "changed",
    "systemctl -q is-active t-app; systemctl -q is-enabled t-app; test $(stat -c %a /etc/dvo/env/t-app) = 600",
    fields={"version": "1.0", "service": "t-app.service"},
    given="rm -rf /etc/dvo/env /etc/systemd/system/t-app.service.d",
)
case(
    "deploy",
    "environment",
    {**APP, "env": {"A": "2"}},
    "changed",
    "tr '\\0' '\\n' </proc/$(systemctl show -P MainPID t-app)/environ | grep -qx A=2",
)
case(
    "deploy",
    "no restart",
    {**APP, "env": {"A": "3"}, "restart": False},
    "changed",
    "tr '\\0' '\\n' </proc/$(systemctl show -P MainPID t-app)/environ | grep -qx A=2",
)
case(
    "deploy",
    "no environment",
    APP,
    "changed",
    'test ! -e /etc/dvo/env/t-app; test -z "$(ls /etc/systemd/system/t-app.service.d)"',
)
case(
    "deploy",
    "upgrade restarts",
    {"package": "t-app", "version": "1.1"},
    "changed",
    'test "$(systemctl show -P MainPID t-app)" != "$(cat pid)"; test -z "$(ls /var/lib/dvo/restart)"',
    given="systemctl show -P MainPID t-app >pid",
)
case(
    "deploy",
    "from a file",
    {**APP, "deb": "/srv/repo/t-app_1.0_all.deb"},
    "changed",
    "dpkg -s t-app | grep -q '^Version: 1.0'",
)
case(
    "deploy",
    "restart that is due",
    APP,
    "changed",
    given="touch /var/lib/dvo/restart/t-app.service",
    reason="restart is due",
)
case(
    "deploy",
    "stopped",
    APP,
    "changed",
    "systemctl -q is-active t-app",
    given="systemctl stop t-app",
)
case(
    "deploy",
    "another file",
    {**APP, "version": "1.1", "deb": "/srv/repo/t-app_1.0_all.deb"},
    "failed EINVAL",
)
case(
    "deploy",
    "several services",
    {"package": "t-two", "version": "1"},
    "failed EINVAL",
    reason="t-two-a.service t-two-b.service",
)
case(
    "deploy",
    "one of several",
    {"package": "t-two", "version": "1", "service": "t-two-b"},
    "changed",
    "systemctl -q is-active t-two-b; ! systemctl -q is-active t-two-a",
)
case(
    "deploy",
    "no service",
    {"package": "t-lib", "version": "1"},
    "failed EINVAL",
    reason="no service",
)
case("deploy", "not UTF-8", {**APP, "env": {"A": b"\xff"}}, "failed EINVAL")
for name, text in ALL.items():
    if name not in ("bytes", "long"):
        case(
            "deploy",
            "env " + name,
            {**APP, "env": {"A": text, "Z": "z"}},
            "changed",
            b"tr '\\n\\000' '\\001\\n' </proc/$(systemctl show -P MainPID t-app)/environ >environ; printf '%s' "
            + quoted(b"A=" + text)
            + b" | tr '\\n' '\\001' >wanted; grep -qxF -f wanted environ; "
            + SAFE.encode(),
        )
case(
    "bootstrap",
    "facts",
    {"packages": ["t-lib"]},
    "same",
    "test -e /var/lib/dvo/index",
    fields={"os": "debian", "release": "12"},
    given="rm -f /var/lib/dvo/index",
)
case(
    "bootstrap",
    "what tools need",
    {"packages": ["t-lib"]},
    "changed",
    "dpkg -s t-lib",
    given="systemctl stop t-app; apt-get -qq -y purge t-app t-lib",
)

# --- sysctl ----------------------------------------------------------------------------------

SYSCTL = "/etc/sysctl.d/99-dvo-net.ipv4.ip_default_ttl.conf"
case(
    "sysctl",
    "file and value",
    {"key": "net.ipv4.ip_default_ttl", "value": 63},
    "changed",
    "test \"$(cat /proc/sys/net/ipv4/ip_default_ttl)\" = 63; "
    "test \"$(cat %s)\" = 'net.ipv4.ip_default_ttl = 63'; test \"$(stat -c %%a %s)\" = 644"
    % (SYSCTL, SYSCTL),
    given="echo 64 >/proc/sys/net/ipv4/ip_default_ttl; rm -f " + SYSCTL,
)
case(
    "sysctl",
    "drifted value only",
    {"key": "net/ipv4/ip_default_ttl", "value": "63"},
    "changed",
    'test "$(cat /proc/sys/net/ipv4/ip_default_ttl)" = 63; test "$(stat -c %%i %s)" = "$(cat inode)"'
    % SYSCTL,
    given="echo 65 >/proc/sys/net/ipv4/ip_default_ttl; stat -c %%i %s >inode" % SYSCTL,
    reason="value is 65",
)
case(
    "sysctl",
    "several words",
    {"key": "net.ipv4.ip_local_port_range", "value": "20000  60999"},
    "changed",
    "grep -q '^20000[[:blank:]]60999$' /proc/sys/net/ipv4/ip_local_port_range",
    given="echo 32768 60999 >/proc/sys/net/ipv4/ip_local_port_range",
)
case(
    "sysctl",
    "an interface with a dot",
    {"key": "net/ipv4/conf/lo/log_martians", "value": 1},
    "changed",
    'test "$(cat /proc/sys/net/ipv4/conf/lo/log_martians)" = 1; '
    "test -f /etc/sysctl.d/99-dvo-net.ipv4.conf.lo.log_martians.conf",
    given="echo 0 >/proc/sys/net/ipv4/conf/lo/log_martians",
)
case(
    "sysctl",
    "refused value leaves no file",
    {"key": "net.ipv4.ip_default_ttl", "value": "no number"},
    "failed EINVAL",
    "test ! -e " + SYSCTL,
    given="rm -f " + SYSCTL,
    before="changed",
)
case(
    "sysctl",
    "read only",
    {"key": "kernel.osrelease", "value": "x"},
    "failed EPERM",
    "test ! -e /etc/sysctl.d/99-dvo-kernel.osrelease.conf",
    before="changed",
)
case(
    "sysctl",
    "unknown key",
    {"key": "net.ipv4.no_such_thing", "value": 1},
    "failed ENOENT",
    before="unknown ENOENT",
)
case(
    "sysctl",
    "absence keeps the value",
    {"key": "net.ipv4.ip_default_ttl", "present": False},
    "changed",
    'test ! -e %s; test "$(cat /proc/sys/net/ipv4/ip_default_ttl)" = 63' % SYSCTL,
    given="echo 63 >/proc/sys/net/ipv4/ip_default_ttl; echo x >" + SYSCTL,
)
for name, key in {
    "escape": "../../etc/passwd",
    "dots": "net..ipv4",
    "option": "-w",
    "words": "a b",
    "empty": "",
}.items():
    case("sysctl", "key " + name, {"key": key, "value": 1}, "failed EINVAL", SAFE)
for name, text in SHORT.items():
    case(
        "sysctl",
        "value " + name,
        {"key": "net.ipv4.ip_default_ttl", "value": text},
        "failed EINVAL",
        SAFE,
        before="changed",
    )

# --- hostname --------------------------------------------------------------------------------

case(
    "hostname",
    "file and kernel",
    {"hostname": "t-name.example.org"},
    "changed",
    'test "$(cat /etc/hostname)" = t-name.example.org; test "$(hostname)" = t-name.example.org; '
    "cmp /etc/hosts hosts",
    given="cp /etc/hosts hosts",
)
case(
    "hostname",
    "drifted kernel",
    {"hostname": "t-name.example.org"},
    "changed",
    'test "$(hostname)" = t-name.example.org; test "$(stat -c %i /etc/hostname)" = "$(cat inode)"',
    given="hostname other; stat -c %i /etc/hostname >inode",
)
for name, text in {
    **SHORT,
    "empty": b"",
    "65 bytes": b"a" * 65,
    "dots": b"a..b",
    "underscore": b"a_b",
    "lines": b"a\nb",
    "last dash": b"a-",
}.items():
    if text != b"yes":
        case("hostname", "name " + name, {"hostname": text}, "failed EINVAL", SAFE)
case("hostname", "64 bytes", {"hostname": "a" * 62 + ".b"}, "changed")

# --- timezone --------------------------------------------------------------------------------

case(
    "timezone",
    "both files",
    {"zone": "Europe/Berlin"},
    "changed",
    'test "$(readlink /etc/localtime)" = /usr/share/zoneinfo/Europe/Berlin; '
    'test "$(cat /etc/timezone)" = Europe/Berlin; test "$(date +%Z -d 2026-01-01)" = CET; '
    "test -z \"$(find /etc -maxdepth 1 -name '.dvo.*')\"",
    given="ln -sfn /usr/share/zoneinfo/Etc/UTC /etc/localtime; echo Etc/UTC >/etc/timezone",
)
case(
    "timezone",
    "only the name differs",
    {"zone": "Europe/Berlin"},
    "changed",
    'test "$(cat /etc/timezone)" = Europe/Berlin; '
    'test "$(readlink /etc/localtime)" = ../usr/share/zoneinfo/Europe/Berlin',
    given="ln -sfn ../usr/share/zoneinfo/Europe/Berlin /etc/localtime; echo Etc/UTC >/etc/timezone",
)
case(
    "timezone",
    "a copy becomes a link",
    {"zone": "Etc/UTC"},
    "changed",
    "test -L /etc/localtime",
    given="rm /etc/localtime; cp /usr/share/zoneinfo/Etc/UTC /etc/localtime",
)
case("timezone", "unknown", {"zone": "Europe/Atlantis"}, "failed ENOENT", before="unknown ENOENT")
case("timezone", "no zone", {"zone": "zone.tab"}, "failed EINVAL")
case("timezone", "a folder", {"zone": "Europe"}, "failed ENOENT", before="unknown ENOENT")
for name, text in {**SHORT, "escape": b"../../../etc/passwd", "empty": b""}.items():
    if text != b"yes":
        case("timezone", "name " + name, {"zone": text}, "failed EINVAL", SAFE)

# --- mount -----------------------------------------------------------------------------------

NO_MOUNT = (
    "while umount %(at)s 2>/dev/null; do :; done; "
    "cp -f /etc/fstab fstab; sed '/srv.t/d' fstab >/etc/fstab; "
)
CLEAN = NO_MOUNT % {"at": "/srv/t/m"} + "rm -rf /srv/t/m; "
TMPFS = {"path": "/srv/t/m", "device": "tmpfs", "fstype": "tmpfs"}
case(
    "mount",
    "mounted and in fstab",
    {**TMPFS, "options": ["size=1m", "noexec"]},
    "changed",
    "grep -qx 'tmpfs /srv/t/m tmpfs size=1m,noexec 0 0' /etc/fstab; "
    "grep -q '^tmpfs /srv/t/m tmpfs .*noexec' /proc/mounts; "
    "grep -qx '# kept' /etc/fstab; test \"$(stat -c %a /etc/fstab)\" = 640",
    given=CLEAN + "echo '# kept' >>/etc/fstab; chmod 640 /etc/fstab",
)
case(
    "mount",
    "remounted when options change",
    {**TMPFS, "options": ["size=2m", "nosuid"]},
    "changed",
    "test $(grep -c /srv/t/m /etc/fstab) = 1; test $(grep -c /srv/t/m /proc/mounts) = 1; "
    "grep -q '^tmpfs /srv/t/m tmpfs .*nosuid.*size=2048k' /proc/mounts; test -e m/kept",
    given="touch m/kept",
)
case(
    "mount",
    "drifted flag",
    {**TMPFS, "options": ["size=2m", "nosuid"]},
    "changed",
    "grep -q '^tmpfs /srv/t/m tmpfs .*nosuid' /proc/mounts",
    given="mount -o remount,suid tmpfs /srv/t/m",
    reason="nosuid",
)
case(
    "mount",
    "mounted again",
    {**TMPFS, "options": ["size=2m", "nosuid"]},
    "changed",
    "grep -q '^tmpfs /srv/t/m ' /proc/mounts",
    given="umount /srv/t/m",
)
case(
    "mount",
    "another device of ours",
    {**TMPFS, "device": "other"},
    "changed",
    "grep -qx 'other /srv/t/m tmpfs defaults 0 0' /etc/fstab; "
    "test $(grep -c ' /srv/t/m ' /proc/mounts) = 1; grep -q '^other /srv/t/m ' /proc/mounts",
)
case(
    "mount",
    "busy",
    {**TMPFS, "present": False},
    "failed EBUSY",
    "grep -q '^other /srv/t/m ' /proc/mounts; grep -q /srv/t/m /etc/fstab; kill $(cat pid)",
    given="(cd m && exec sleep 600) >/dev/null 2>&1 & echo $! >pid; sleep 0.2",
    before="changed",
    once=True,
)
case(
    "mount",
    "absence keeps the directory",
    {**TMPFS, "present": False},
    "changed",
    "! grep -q ' /srv/t/m ' /proc/mounts; ! grep -q /srv/t/m /etc/fstab; test -d m; "
    "grep -qx '# kept' /etc/fstab",
)
case(
    "mount",
    "foreign mount",
    {**TMPFS, "device": "ours"},
    "failed EEXIST",
    "grep -q '^theirs /srv/t/m ' /proc/mounts; umount /srv/t/m",
    given=CLEAN + "mkdir m; mount -t tmpfs theirs m",
    once=True,
)
case(
    "mount",
    "refused leaves no line",
    {**TMPFS, "options": ["no_such_option"]},
    "failed EINVAL",
    "! grep -q /srv/t/m /etc/fstab; ! grep -q ' /srv/t/m ' /proc/mounts",
    given=CLEAN,
    before="changed",
)
case(
    "mount",
    "no such device",
    {**TMPFS, "device": "/dev/no-such", "fstype": "ext4"},
    "failed ENOENT",
    "! grep -q /srv/t/m /etc/fstab",
    before="changed",
)
case(
    "mount",
    "bind",
    {"path": "/srv/t/m", "device": "/srv/t/bound", "fstype": "none", "options": ["bind"]},
    "changed",
    "test -e m/there; grep -qx '/srv/t/bound /srv/t/m none bind 0 0' /etc/fstab",
    given=CLEAN + "mkdir -p bound; touch bound/there",
)
case("mount", "a file is there", {**TMPFS, "path": "/srv/t/mf"}, "failed EINVAL", given="touch mf")
case(
    "mount",
    "parents",
    {**TMPFS, "path": "/srv/t/m1/m2"},
    "changed",
    "test \"$(stat -c '%U:%G %a' m1)\" = 'root:root 755'; umount m1/m2",
    given=NO_MOUNT % {"at": "/srv/t/m1/m2"} + "rm -rf m1",
    once=True,
)
for name, text in {**SHORT, **LINES}.items():
    if text and name not in ("bytes", "dash", "dashes"):
        path = b"/srv/t/M" + text.replace(b"/", b"_")
        case(
            "mount",
            "path " + name,
            {"path": path, "device": "tmpfs", "fstype": "tmpfs"},
            "changed",
            b"mountpoint -q %s; umount %s; mount %s; mountpoint -q %s; umount %s; "
            % ((quoted(path),) * 5)
            + SAFE.encode(),
            given="sed '/srv.t/d' /etc/fstab >fstab; cp fstab /etc/fstab",
            once=True,
        )
case(
    "mount",
    "device hostile",
    {"path": "/srv/t/m", "device": "a b#c\\d\te", "fstype": "tmpfs"},
    "changed",
    "umount m; mount /srv/t/m; umount m",
    given=CLEAN,
    once=True,
)

# --- filesystem ------------------------------------------------------------------------------

DISK = "/srv/t/disk"
NEW_DISK = "rm -f disk; truncate -s 16M disk; "
case(
    "filesystem",
    "made",
    {"device": DISK, "label": "data"},
    "changed",
    'test "$(blkid -p -o value -s TYPE disk)" = ext4; '
    'test "$(blkid -p -o value -s LABEL disk)" = data',
    given=NEW_DISK,
)
case(
    "filesystem",
    "label only",
    {"device": DISK, "label": "other"},
    "changed",
    'test "$(blkid -p -o value -s LABEL disk)" = other; '
    'test "$(blkid -p -o value -s UUID disk)" = "$(cat uuid)"',
    given="blkid -p -o value -s UUID disk >uuid",
)
case(
    "filesystem",
    "None leaves the label",
    {"device": DISK},
    "same",
    'test "$(blkid -p -o value -s LABEL disk)" = other',
)
case(
    "filesystem",
    "another filesystem",
    {"device": DISK, "fstype": "ext2"},
    "failed EEXIST",
    'test "$(md5sum <disk)" = "$(cat sum)"',
    given="md5sum <disk >sum",
)
case(
    "filesystem",
    "swap, then ext4",
    {"device": DISK},
    "failed EEXIST",
    'test "$(md5sum <disk)" = "$(cat sum)"',
    given=NEW_DISK + "mkswap -q disk; md5sum <disk >sum",
)
case("filesystem", "swap", {"device": DISK, "fstype": "swap"}, "changed", given=NEW_DISK)
case(
    "filesystem",
    "partition table",
    {"device": DISK},
    "failed EEXIST",
    given=NEW_DISK
    + "printf '\\125\\252' | dd of=disk bs=1 seek=510 conv=notrunc status=none; "
    + "printf '\\200\\0\\2\\0\\203\\3\\40\\0\\1\\0\\0\\0\\17\\0\\0\\0' | "
    + "dd of=disk bs=1 seek=446 conv=notrunc status=none",
    reason="partition table",
)
case("filesystem", "no device", {"device": "/dev/no-such"}, "failed ENOENT", before="unknown ENOENT")
case("filesystem", "a folder", {"device": "/srv/t"}, "failed EINVAL")
case("filesystem", "a character device", {"device": "/dev/null"}, "failed EINVAL")
case(
    "filesystem",
    "no tool",
    {"device": DISK, "fstype": "nofs"},
    "failed ENOENT",
    given=NEW_DISK,
    before="changed",
)
case(
    "filesystem",
    "too small",
    {"device": "/srv/t/small"},
    "failed EINVAL",
    given="truncate -s 8K small",
    before="changed",
)
for name, text in SHORT.items():
    if text != b"yes":
        case("filesystem", "label " + name, {"device": DISK, "label": text}, "failed EINVAL", SAFE)
        case("filesystem", "kind " + name, {"device": DISK, "fstype": text}, "failed EINVAL", SAFE)

# --- database --------------------------------------------------------------------------------
# The server is there already: the fixture cuts the machine off from Debian.

SQL = "runuser -u postgres -- psql -X -A -t -c "
DB = {
    "database": "t-db",
    "owner": "t-own",
    "password": 'it\'s \\ a:secret "x" {{ y }} $HOME',
}
for name, text in SHORT.items():
    if text != b"yes":
        case("database", "name " + name, {"database": text}, "failed EINVAL", SAFE)
        case(
            "database",
            "owner " + name,
            {"database": "t-db", "owner": text},
            "failed EINVAL",
            SAFE,
        )
for name, text in {
    "words": "0.0.0.0/0 trust",
    "lines": "10.0.0.0/8\nhost all",
    "empty": "",
}.items():
    case(
        "database",
        "network " + name,
        {"database": "t-db", "listen": [text]},
        "failed EINVAL",
    )
case("database", "of the server", {"database": "template1"}, "failed EINVAL")
HBA = "/etc/postgresql/15/main/pg_hba.conf"
case(
    "database",
    "plain",
    {"database": "plain"},
    "changed",
    "test $(%s \"select count(*) from pg_database where datname='plain'\") = 1; "
    "test ! -e /etc/postgresql/15/main/conf.d/dvo.conf" % SQL,
    fields={"port": 5432},
    given="rm -f /etc/postgresql/15/main/conf.d/dvo.conf; %s 'drop database if exists plain'" % SQL,
)
case(
    "database",
    "owner and password",
    DB,
    "changed",
    "test \"$(%s \"select rolpassword like 'SCRAM-SHA-256%%' from pg_authid where rolname='t-own'\")\" = t; "
    "! grep -rqF 'a:secret' /var/log/postgresql" % SQL,
)
case(
    "database",
    "another password",
    {**DB, "password": "new"},
    "changed",
    "PGPASSWORD=new psql -h 127.0.0.1 -U t-own -d t-db -c 'create table t(i int)'",
)
case(
    "database",
    "owner drift",
    {**DB, "password": "new"},
    "changed",
    'test "$(%s "select pg_get_userbyid(datdba) from pg_database where datname=\'t-db\'")" = t-own'
    % SQL,
    given="%s 'alter database \"t-db\" owner to postgres'" % SQL,
)
case(
    "database",
    "no login",
    {**DB, "password": "new"},
    "changed",
    given="%s 'alter role \"t-own\" nologin'" % SQL,
)
case(
    "database",
    "listen",
    {**DB, "password": "new", "listen": ["10.0.0.0/8", "fd00::/8"]},
    "changed",
    "PGPASSWORD=new psql -h $(hostname -I | cut -d' ' -f1) -U t-own -d t-db -c 'select 1'; "
    "grep -A3 BEGIN %s; "
    "test \"$(stat -c '%%U %%a' %s)\" = 'postgres 640'" % (HBA, HBA),
)
case(
    "database",
    "reload only",
    {**DB, "password": "new", "listen": ["10.0.0.0/8"]},
    "changed",
    'test "$(%s \'select pg_postmaster_start_time()\')" = "$(cat began)"; ! grep -q fd00 %s'
    % (SQL, HBA),
    given="%s 'select pg_postmaster_start_time()' >began" % SQL,
)
case(
    "database",
    "dead cluster",
    {**DB, "password": "new", "listen": ["10.0.0.0/8"]},
    "changed",
    "PGPASSWORD=new psql -h 127.0.0.1 -U t-own -d t-db -c 'select 1'",
    given="systemctl stop postgresql@15-main",
    reason="does not answer",
)
case(
    "database",
    "broken configuration",
    {**DB, "password": "new"},
    "failed EPOSTCOND",
    before="changed",
    given=(
        "systemctl stop postgresql@15-main; "
        "echo 'port = none' >/etc/postgresql/15/main/conf.d/broken.conf"
    ),
    then="rm /etc/postgresql/15/main/conf.d/broken.conf; systemctl reset-failed",
    once=True,
)
case(
    "database",
    "local again",
    {**DB, "password": "new"},
    "changed",
    "! grep -q dvo %s; "
    "! PGPASSWORD=new psql -h $(hostname -I | cut -d' ' -f1) -U t-own -d t-db -c 'select 1'" % HBA,
)
case(
    "database",
    "absence",
    {"database": "t-db", "present": False},
    "changed",
    'test "$(%s "select count(*) from pg_database where datname=\'t-db\'")" = 0' % SQL,
)
