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


def main():
    """Writes both files."""
    lines = ["m = cloud.create(flavor=provider.FLAVOR_SMALL)", "m.bootstrap()"]
    expected = {}
    lines.append("corpus = [" + ", ".join(map(literal, CORPUS)) + "]")
    single = [text for text in CORPUS if one_line(text) and len(text) < 3000]
    lines.append("single = [" + ", ".join(map(literal, single)) + "]")
    say = literal('printf "%s\\0" "$@" >"$0"')
    for backend in BACKENDS:
        top = f"/srv/{backend}"
        via = f'via="{backend}"'
        # A task of Ansible takes most of a second; argv and env below hand it every string.
        step = 9 if backend == "ansible" else 3
        lines += [
            f"for i in range(0, len(corpus), {step}):",
            f'    m.file("{top}/file/%d" % i, content=corpus[i], {via})',
            f"for i in range(0, len(single), {step}):",
            f'    m.line("{top}/line/%d" % i, single[i], {via})',
            f'    m.link("{top}/link/%d" % i, to=single[i], {via})',
            f'm.run(["sh", "-c", {say}, "{top}/argv"] + corpus, creates="{top}/argv", {via})',
            f'm.run(["sh", "-c", "env -0 | grep -z ^V[0-9] | sort -z >{top}/env"], creates="{top}/env",',
            f'      env={{"V%d" % i: corpus[i] for i in range(len(corpus))}}, {via})',
            f'm.run(["sh", "-c", "cat >{top}/stdin"], creates="{top}/stdin",',
            f'      stdin="|".join(corpus), {via})',
            f'm.user("n{backend}", comment="Ro\\u00dfe \'$`#{{}} {{{{}}}}", {via})',
            f'seen = m.query(["cat", "{top}/stdin"], {via})',
            f'm.file("{top}/deferred", content="<" + seen.stdout + ">", {via})',
            f'm.file("{top}/secret", content=secret("naughty/text"), mode="0600", {via})',
        ]
        for i in range(0, len(CORPUS), step):
            expected[f"{top}/file/{i}"] = CORPUS[i]
        for i in range(0, len(single), step):
            expected[f"{top}/line/{i}"] = single[i] + "\n"
            expected[f"{top}/link/{i}"] = single[i]
        expected[f"{top}/argv"] = "".join(text + "\0" for text in CORPUS)
        env = sorted(f"V{i}={text}".encode() for i, text in enumerate(CORPUS))
        expected[f"{top}/env"] = b"".join(entry + b"\0" for entry in env)
        expected[f"{top}/stdin"] = "|".join(CORPUS)
        expected[f"{top}/deferred"] = "<" + "|".join(CORPUS).rstrip("\n") + ">"
        expected[f"{top}/secret"] = "it's {{ 1 }} #{2} $(id) \\ \"x\""
    pathlib.Path(sys.argv[1]).write_text("\n".join(lines) + "\n")
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        for path, text in sorted(expected.items()):
            data = text if isinstance(text, bytes) else text.encode()
            file.write(f"{hashlib.sha256(data).hexdigest()}  {path}\n")


if __name__ == "__main__":
    main()
