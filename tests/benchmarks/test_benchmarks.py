"""Every benchmark runs and prints its table; no seconds are asserted, they belong to the machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SCRIPTS = sorted(path.name for path in HERE.glob("*.py") if not path.name.startswith("test_"))


@pytest.mark.benchmark
@pytest.mark.parametrize("script", SCRIPTS)
def test_benchmark(script, capsys):
    done = subprocess.run([sys.executable, str(HERE / script)], capture_output=True, text=True, check=False)
    with capsys.disabled():
        print(f"\n{script}\n{done.stdout}")
    assert done.returncode == 0, done.stderr
    assert done.stdout
