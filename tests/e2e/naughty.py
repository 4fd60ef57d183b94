"""Writes a program that hands hostile and odd strings to calls through every backend, and
what must then be on the machine: naughty.py PROGRAM EXPECTED."""

import hashlib
import pathlib
import sys

CORPUS = [
    "", " ", "  both ends  ", "\ttab\t", "a\nb", "\n", "\n\n", "end\n", "end\n\n", "a\r\nb\r\n",
    "\r", "a\rb", "\x01\x02\x1b[31m\x7f", "\x0b\x0c", "'", '"', "''", "it's", 'say "so"', "`id`",
    "\\", "\\\\", "a\\", "\\n", "\\'", "'\\", "'\\''", '"\\"', "$HOME", "${HOME}", "$(touch /tmp/pwned)",
    "`touch /tmp/pwned`", ";touch /tmp/pwned", "&& touch /tmp/pwned", "| touch /tmp/pwned",
    "> /tmp/pwned", "~", "~root", "*", "?", "[a-z]", "!", "!!", "^", "#", "# comment", "%", "%s %d %n",
    "%%", "{}", "{0}", "{a}", "#{`touch /tmp/pwned`}", "#{1+1}", "#$0", "#@x", "<%= 1+1 %>",
    "{{ 1+1 }}", "{{", "}}", "{% raw %}", "{% endraw %}", "{%", "{# x #}", "{{ lookup('pipe', 'id') }}",
    "yes", "no", "on", "off", "true", "false", "True", "None", "null", "~", "0", "-1", "010", "0o17",
    "0x1F", "1e3", "1_000", ".inf", ".nan", "2001-01-01", "12:30:45", "- a", "-", "--", "---", "...",
    "--help", "-n", "-e x", "!tag", "!!python/object:os.system", "&a", "*a", "? x", ": x", "a: b",
    "a #b", "[1, 2]", "{a: b}", "@x", "|", ">", "|-", "<<EOF", "EOF", "<<", "=", "=begin", "a\n=begin\nb",
    "a\n=end\nb", "__END__", "a\n__END__\nb", "# frozen_string_literal: false", "# encoding: ascii",
    "%w(a b)", ":sym", "\"\\r\"", "C:\\path\\new", "../../x", "/etc/passwd", "http://x/?a=b&c=d",
    "\u00e4\u00f6\u00fc", "\u0627\u0644\u0639\u0631\u0628\u064a\u0629", "\u202eright to left\u202c",
    "\u200b", "\ufeffbom", "\u2028", "\u2029", "\u0085", "\u00a0", "e\u0301", "\U0001f600\U0001f468\u200d\U0001f469",
    "\ud7ff\ue000", "\U0010fffd", "x" * 65536, "'" * 1000, "\\" * 999, "a b\tc", "Ro\u00dfe'\"\\$`!{{}}#{}%<>",
]
BACKENDS = ("ansible", "chef", "api")


def literal(text):
    """The text as a string of the program's language."""
    out = []
    for c in text:
        code = ord(c)
        if c in '"\\':
            out.append("\\" + c)
        elif 0x20 <= code < 0x7F:
            out.append(c)
        elif code < 0x80:
            out.append(f"\\x{code:02x}")
        else:
            out.append(f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")
    return '"' + "".join(out) + '"'


def one_line(text):
    """Whether it is a line of a file, and no more."""
    return text.strip() and not set(text) & set("\n\r\x0b\x0c\x85\u2028\u2029")


def is_name(text):
    """Whether a file may be called so, in a path that stays as it is."""
    return one_line(text) and "/" not in text and text not in (".", "..") and len(text) < 80


SINGLE = [text for text in CORPUS if one_line(text) and len(text) < 3000]
NAMES = list(dict.fromkeys(text for text in CORPUS if is_name(text)))
VALUES = [text for text in CORPUS if len(text) < 2000]
# A command of cron has 1,000 bytes at most; it runs once a minute.
ARGV = [text for text in SINGLE if len(text) < 20 and set(text) & set("%\\'\"$`#{~!*")][:30]
PRINT = 'printf "%s\\0" "$@" >"$0"'
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl "


def calls(backend, top):
    """The lines of the program that hand everything to one backend."""
    via = f'via="{backend}"'
    # A task of Ansible takes its time; argv and env below hand it every string.
    step = 9 if backend == "ansible" else 3
    return [
        f"for i in range(0, len(corpus), {step}):",
        f'    m.file("{top}/file/%d" % i, content=corpus[i], {via})',
        f'    m.block("{top}/block/%d" % i, "b", corpus[i], {via})',
        f"for i in range(0, len(single), {step}):",
        f'    m.line("{top}/line/%d" % i, single[i], {via})',
        f'    m.link("{top}/link/%d" % i, to=single[i], {via})',
        f"for i in range(0, len(names), {step}):",
        f'    m.file("{top}/path/" + names[i], content=names[i], {via})',
        f'm.sync("{top}/sync", "names", {via})',
        f'm.run(["sh", "-c", PRINT, "{top}/argv"] + corpus, creates="{top}/argv", {via})',
        f'm.run(["sh", "-c", "env -0 | grep -z ^V[0-9] | sort -z >{top}/env"], creates="{top}/env",',
        f'      env={{"V%d" % i: corpus[i] for i in range(len(corpus))}}, {via})',
        f'm.run(["sh", "-c", "cat >{top}/stdin"], creates="{top}/stdin",',
        f'      stdin="|".join(corpus), {via})',
        f'for name in ["a: b {{{{ 1+1 }}}}", "#{{`touch /tmp/pwned`}}", "{{{{ lookup(\'pipe\', \'id\') }}}}"]:',
        f'    m.run(["touch", "{top}/named"], creates="{top}/named", name="{backend}" + name, {via})',
        f'm.user("n{backend}", comment="Ro\\u00dfe \'$`#{{}} {{{{}}}}", {via})',
        f'm.authorized_key("n{backend}", KEY + "it\'s {{{{ 1+1 }}}} #{{1+1}} \\"$(id)\\"", {via})',
        f'm.unit("n{backend}.service", content="[Service]\\nExecStart=/bin/true\\n" +',
        f'       "".join(["# " + text + "\\n" for text in single]), {via})',
        f'm.cron("n{backend}", "* * * * *", ["sh", "-c", PRINT, "{top}/cron"] + argv, {via})',
        f'app = m.deploy(packages.find("my-app"), name="app{backend}", {via},',
        f'      env={{"V%d" % i: values[i] for i in range(len(values))}} | {{"BY": "{backend}"}})',
        f'm.run(["sh", "-c", "pid=$(systemctl show -P MainPID my-app); " +',
        f'       "grep -z ^V[0-9] /proc/$pid/environ | sort -z >{top}/deploy"], creates="{top}/deploy", {via})',
        f'seen = m.query(["cat", "{top}/stdin"], {via})',
        f'm.file("{top}/deferred", content="<" + seen.stdout + ">", {via})',
        f'm.file("{top}/secret", content=secret("naughty/text"), mode="0600", {via})',
    ]


def environment(values):
    """What `env -0 | sort -z` says of them."""
    return b"".join(sorted(f"V{i}={text}\0".encode() for i, text in enumerate(values)))


def arrives(backend, top):
    """Path and content of what is then there; of links, where they lead."""
    step = 9 if backend == "ansible" else 3
    for i in range(0, len(CORPUS), step):
        text = CORPUS[i]
        end = "" if text == "" or text.endswith("\n") else "\n"
        yield f"{top}/file/{i}", text
        yield f"{top}/block/{i}", f"# BEGIN dvo b\n{text}{end}# END dvo b\n"
    for i in range(0, len(SINGLE), step):
        yield f"{top}/line/{i}", SINGLE[i] + "\n"
        yield f"{top}/link/{i}", SINGLE[i]
    for i in range(0, len(NAMES), step):
        yield f"{top}/path/{NAMES[i]}", NAMES[i]
    for name in NAMES:
        yield f"{top}/sync/{name}", name
    yield f"{top}/argv", "".join(text + "\0" for text in CORPUS)
    yield f"{top}/env", environment(CORPUS)
    yield f"{top}/stdin", "|".join(CORPUS)
    yield f"{top}/named", ""
    yield f"/home/n{backend}/.ssh/authorized_keys", KEY + "it's {{ 1+1 }} #{1+1} \"$(id)\"\n"
    comments = "".join(f"# {text}\n" for text in SINGLE)
    yield f"/etc/systemd/system/n{backend}.service", f"[Service]\nExecStart=/bin/true\n{comments}"
    yield f"{top}/cron", "".join(text + "\0" for text in ARGV)
    yield f"{top}/deploy", environment(VALUES)
    yield f"{top}/deferred", "<" + "|".join(CORPUS).rstrip("\n") + ">"
    yield f"{top}/secret", "it's {{ 1 }} #{2} $(id) \\ \"x\""


def line(path, content):
    """How the machine tells of it, too: see naughty.sh."""
    return f"{hashlib.sha256(content).hexdigest()} {ascii(path)}"


def main():
    """Writes both files, and the folder that is sent."""
    lists = {"corpus": CORPUS, "single": SINGLE, "names": NAMES, "values": VALUES, "argv": ARGV}
    lines = [f"{name} = [{', '.join(map(literal, texts))}]" for name, texts in lists.items()]
    lines += [
        f"PRINT = {literal(PRINT)}",
        f"KEY = {literal(KEY)}",
        "m = cloud.create(flavor=provider.FLAVOR_SMALL)",
        "m.bootstrap()",
        'm.install("cron", via="api")',
    ]
    expected = []
    for backend in BACKENDS:
        top = f"/srv/{backend}"
        lines += calls(backend, top)
        for path, content in arrives(backend, top):
            data = content if isinstance(content, bytes) else content.encode()
            expected.append(line(path, data))
    program = pathlib.Path(sys.argv[1])
    program.write_text("\n".join(lines) + "\n", encoding="utf-8")
    folder = program.parent / "names"
    folder.mkdir()
    for name in NAMES:
        (folder / name).write_text(name, encoding="utf-8")
    pathlib.Path(sys.argv[2]).write_text("\n".join(sorted(expected)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
