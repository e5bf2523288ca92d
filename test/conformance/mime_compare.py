#!/usr/bin/python3
"""mime_compare - what we take messages for, beside what other parsers do.

Compares the tree of parts, the decoded bytes and the file names with Python's
email package and with SpamAssassin over all messages given, and with the
expected answers of the suites of mail-parser and mime4j.  --list names the
messages that differ and how.  Ends with a bar line for each: no more of them
may differ than were looked into, which mime_differences.md beside this file
explains.
"""
import argparse
import collections
import email
import email.header
import email.utils
import glob
import hashlib
import json
import os
import quopri
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

MESSAGES = ("message/rfc822", "message/global")

# Messages that differ and have been looked into: of the suites, and in all.
KNOWN = {
    "python-email": (37, 67),
    "mail-parser": (22, 22),
    "mime4j": (14, 14),
    "spamassassin": (18, 26),
    "spamassassin-text": (10, 15),
    "spamassassin-fields": (0, 4),
}


def digest(data):
    if data is None:
        data = b""
    return hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest()[:32]


def decoded_name(name):
    if not name:
        return ""
    name = email.utils.collapse_rfc2231_value(name)
    try:
        pieces = email.header.decode_header(" ".join(name.split("\n")))
        return str(email.header.make_header(pieces)).strip()
    except (LookupError, ValueError):
        return name


def python_bytes(part):
    """The decoded bytes; the package forgets RFC 2045 section 6.7 (3)."""
    if str(part.get("content-transfer-encoding", "")).strip().lower() \
            != "quoted-printable" or part.is_multipart():
        return part.get_payload(decode=True)
    del part["content-transfer-encoding"]
    raw = part.get_payload(decode=True)
    return quopri.decodestring(re.sub(rb"[ \t]+(?=\r?\n)", b"", raw))


def one_slash(content_type):
    return content_type if content_type.count("/") == 1 else "text/plain"


# Each reader gives a list of (depth, type, digest or None, name or None); None
# where it has no answer to compare with.

def python_tree(part, depth=0, out=None):
    out = [] if out is None else out
    kind = part.get_content_type()
    inner = part.get_payload() if part.is_multipart() else None
    opaque = kind.startswith("message/") and kind not in MESSAGES
    if inner is None or opaque:
        data = None if opaque else python_bytes(part)
        out.append((depth, kind, None if opaque else digest(data),
                    decoded_name(part.get_filename())))
        return out
    out.append((depth, kind, None, None))
    for child in inner:
        python_tree(child, depth + 1, out)
    return out


def read_python(path):
    with open(path, "rb") as file:
        return python_tree(email.message_from_binary_file(file))


def spamassassin_tree(parts):
    out = []
    for part in parts:
        name = part.get("name") or ""
        name = name.encode("latin-1", "replace").decode("utf-8", "replace")
        out.append((part["depth"], part["type"], part.get("squeezed"),
                    name.strip()))
    return out


def spamassassin_texts(parts):
    return [part.get("squeezed_text") for part in parts if not part["children"]
            and part["type"] == "text/plain"
            and part.get("effective") == "text/plain"]


def mail_parser_tree(message, index=0, depth=0, digest_parent=False, out=None):
    out = [] if out is None else out
    part = message["parts"][index]
    kind = "message/rfc822" if digest_parent else "text/plain"
    for field in part["headers"]:
        value = field["value"]
        if field["name"] == "content_type" and "ContentType" in value:
            value = value["ContentType"]
            kind = "%s/%s" % (value["c_type"], value["c_subtype"] or "")
    kind = one_slash(kind.lower())
    body = part["body"]
    which, content = next(iter(body.items()))
    if which == "Multipart":
        out.append((depth, kind, None, None))
        for child in content:
            mail_parser_tree(message, child, depth + 1,
                             kind == "multipart/digest", out)
    elif which == "Message":
        out.append((depth, kind, None, None))
        mail_parser_tree(content, 0, depth + 1, False, out)
    elif which in ("Text", "Html"):
        text = content.lstrip("\ufeff").encode()
        out.append((depth, kind, "text " + digest(text), None))
    else:
        out.append((depth, kind, digest(bytes(content)), None))
    return out


def read_mail_parser(path):
    with open(path[:-3] + "json", "rb") as file:
        return mail_parser_tree(json.load(file))


def field_type(element, fallback):
    kind = fallback
    for field in element.findall("header/field"):
        name, _, value = (field.text or "").strip().partition(":")
        if name.strip().lower() == "content-type":
            message = email.message_from_string("Content-Type:" + value)
            kind = message.get_content_type()
    return kind


def mime4j_tree(element, folder, fallback, depth=0, out=None):
    out = [] if out is None else out
    kind = field_type(element, fallback)
    for child in element:
        if child.tag == "multipart":
            out.append((depth, kind, None, None))
            inner = ("message/rfc822" if kind == "multipart/digest"
                     else "text/plain")
            for part in child.findall("body-part"):
                mime4j_tree(part, folder, inner, depth + 1, out)
        elif child.tag == "message":
            out.append((depth, kind, None, None))
            mime4j_tree(child, folder, "text/plain", depth + 1, out)
        elif child.tag in ("text-body", "binary-body"):
            with open(os.path.join(folder, child.get("name")), "rb") as file:
                out.append((depth, kind, digest(file.read()), None))
    return out


def read_mime4j(path):
    tree = ElementTree.parse(path[:-4] + "_decoded.xml").getroot()
    return mime4j_tree(tree, os.path.dirname(path), "text/plain")


def our_tree(parts, like):
    """Our parts in the form of the reader that like names."""
    out = []
    for part in parts:
        leaf = part["kind"] not in (2, 3)
        kind = one_slash(part["declared"] or part["type"])
        data = part["bytes"]
        if like == "spamassassin":
            kind, data = part["type"], part["squeezed"]
        out.append((part["depth"], kind, data if leaf else None,
                    part["name"].strip() if leaf else None))
    return out


def difference(ours, theirs, texts):
    """The class of the first difference between two trees, or None."""
    if [p[:2] for p in ours] != [p[:2] for p in theirs]:
        return "tree" if [p[0] for p in ours] != [p[0] for p in theirs] \
            else "type"
    for mine, other, text in zip(ours, theirs, texts):
        if other[2] is None or mine[2] is None:
            continue
        wanted = other[2].removeprefix("text ")
        if wanted not in (mine[2], text if other[2] != wanted else None):
            return "bytes"
    for mine, other in zip(ours, theirs):
        if other[3] is not None and mine[3] is not None and \
                mine[3] != other[3]:
            return "name"
    return None


def run_reader(command, paths):
    if not paths:
        return {}
    done = subprocess.run(command, input="\n".join(paths) + "\n", text=True,
                          stdout=subprocess.PIPE, check=False,
                          encoding="utf-8", errors="surrogateescape")
    answers = {}
    for line in done.stdout.splitlines():
        answer = json.loads(line)
        answers[answer["file"]] = answer
    return answers


class Comparison:
    def __init__(self, name, listing):
        self.name, self.listing = name, listing
        self.seen = self.agree = 0
        self.classes = collections.Counter()

    def add(self, path, ours, theirs, texts):
        self.count(path, difference(ours, theirs, texts))

    def count(self, path, what):
        self.seen += 1
        self.agree += what is None
        if what is not None:
            self.classes[what] += 1
            if self.listing:
                print("%s %s: %s" % (self.name, what, path))

    def show(self):
        rest = ", ".join("%d in %s" % (n, what)
                         for what, n in self.classes.most_common())
        print("%s: %d of %d messages agree%s"
              % (self.name, self.agree, self.seen,
                 "; differ: " + rest if rest else ""))

    def bar(self, most):
        """Whether no more differ; nothing to compare with is no miss."""
        differ = self.seen - self.agree
        print("bar: mime-differences-%s %s (wanted <= %d) %s"
              % (self.name, differ if self.seen else "-", most,
                 "unmeasured" if not self.seen else
                 "met" if differ <= most else "missed"))
        return differ <= most


def suite_messages(suites):
    found = glob.glob(suites + "/mime/mail-parser/eml/*/*.eml")
    found += glob.glob(suites + "/mime/mime4j/testmsgs/*.msg")
    found += glob.glob(suites + "/mime/mime-torture/mime-torture")
    return sorted(found)


def unpack(suites, folder):
    """The corpora's messages, unpacked into a folder; none when absent."""
    archive = suites + "/corpora/dev.tar.zst"
    if not os.path.exists(archive):
        return []
    subprocess.run(["tar", "--zstd", "-xf", archive, "-C", folder], check=True)
    return sorted(os.path.join(where, name)
                  for where, _, names in os.walk(folder) for name in names
                  if not name.endswith(".tsv"))


def compare(paths, ours, listing, perl):
    python = Comparison("python-email", listing)
    mail_parser = Comparison("mail-parser", listing)
    mime4j = Comparison("mime4j", listing)
    assassin = Comparison("spamassassin", listing)
    text = Comparison("spamassassin-text", listing)
    fields = Comparison("spamassassin-fields", listing)
    theirs = run_reader(["perl", perl], paths)
    for path in paths:
        parts = ours[path]["parts"]
        texts = [part.get("text") for part in parts]
        mine = our_tree(parts, "python")
        python.add(path, mine, read_python(path), texts)
        if os.path.exists(path[:-3] + "json"):
            mail_parser.add(path, mine, read_mail_parser(path), texts)
        if os.path.exists(path[:-4] + "_decoded.xml"):
            mime4j.add(path, mine, read_mime4j(path), texts)
        if path not in theirs:
            continue
        mine = our_tree(parts, "spamassassin")
        other = theirs[path]["parts"]
        what = difference(mine, spamassassin_tree(other), texts)
        assassin.count(path, what)
        if what not in ("tree", "type"):
            wanted = spamassassin_texts(other)
            got = [part["squeezed_text"] for part in parts
                   if part["kind"] == 0 and part["type"] == "text/plain"]
            text.count(path, None if got == wanted else "text")
        same = ours[path]["fields"] == theirs[path]["fields"]
        fields.count(path, None if same else "fields")
    found = (python, mail_parser, mime4j, assassin, text, fields)
    for comparison in found:
        comparison.show()
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tree", help="the program mime_tree")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--no-corpora", action="store_true")
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    here = os.path.dirname(os.path.abspath(__file__))
    suites = os.environ.get("SUITES", "../shared/suites")
    with tempfile.TemporaryDirectory() as folder:
        paths = options.files or suite_messages(suites)
        more = [] if options.files or options.no_corpora else \
            unpack(suites, folder)
        ours = run_reader([options.tree], paths + more)
        found = compare(paths + more, ours, options.list,
                        os.path.join(here, "mime_spamassassin.pl"))
    if options.files:
        return 0
    met = [c.bar(KNOWN[c.name][bool(more)]) for c in found]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
