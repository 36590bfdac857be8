"""The snippet of `countersign env python`: the environment by a shell, the code by this interpreter."""
import base64
import json
import os
import subprocess
import sys
import tempfile
import unittest

with open(os.environ["COUNTERSIGN_READY_FILE"], encoding="utf-8") as _file:
    DATA = os.path.dirname(json.load(_file)["ca_file"])


def printed(*more):
    program = [os.environ["COUNTERSIGN_BINARY"], "env", "python", "--data", DATA, *more]
    return subprocess.run(program, capture_output=True, text=True, check=True).stdout


class Snippet(unittest.TestCase):
    def test_auth0_python_gets_a_token_for_itself(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in {".env": printed(), "get_token.py": printed("--code")}.items():
                with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                    file.write(text)
            shell = ["sh", "-c", f"set -a; . ./.env; exec {sys.executable} get_token.py"]
            clean = {name: os.environ[name] for name in ("PATH", "HOME")}
            ran = subprocess.run(shell, cwd=folder, env=clean, capture_output=True, text=True, check=False)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        claims = ran.stdout.strip().split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        self.assertEqual(claims["scope"], "read:items")


if __name__ == "__main__":
    unittest.main()
