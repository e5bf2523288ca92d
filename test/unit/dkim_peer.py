"""dkim_peer - what dkimpy says of the messages in a folder.

NAME.eml is verified, signature by signature, with the keys in keys ("name
record" lines): "NAME.eml INDEX pass|fail|absent" is printed.  NAME.msg is
signed with rsa.pem, for each pair of canonicalizations, into NAME.FORM.out.
"""
import glob
import os
import sys

try:
    import dkim
except ImportError:
    print("no dkimpy")
    sys.exit(0)

folder = sys.argv[1]
keys = {}
with open(os.path.join(folder, "keys"), "rb") as f:
    for line in f:
        name, record = line.rstrip(b"\n").split(b" ", 1)
        keys[name] = record


def answer(name, timeout=5):
    return keys.get(name.rstrip(b"."))


for path in sorted(glob.glob(os.path.join(folder, "*.eml"))):
    with open(path, "rb") as f:
        message = f.read()
    count = message.count(b"DKIM-Signature:")
    for index in range(count):
        verifier = dkim.DKIM(message, timeout=5)
        try:
            result = "pass" if verifier.verify(index, answer) else "fail"
        except dkim.UnknownKeyTypeError:
            result = "absent"    # dkimpy without its Ed25519 library
        except Exception as error:
            missing = "nacl" in str(error).lower() or \
                isinstance(error, ModuleNotFoundError)
            result = "absent" if missing else "error: %r" % error
        print(os.path.basename(path), index, result)

with open(os.path.join(folder, "rsa.pem"), "rb") as f:
    secret = f.read()
for path in sorted(glob.glob(os.path.join(folder, "*.msg"))):
    with open(path, "rb") as f:
        message = f.read()
    for header in (b"simple", b"relaxed"):
        for body in (b"simple", b"relaxed"):
            field = dkim.sign(message, b"rsa", b"example.org", secret,
                              canonicalize=(header, body))
            name = "%s.%s-%s.out" % (path[:-4], header.decode(),
                                     body.decode())
            with open(name, "wb") as f:
                f.write(field + message)
