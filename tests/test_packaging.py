"""The two ways to install give the same packages, and a fresh install is the same everywhere."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]


def test_conda_users_get_the_same_names_and_bounds() -> None:
    listed = re.findall(r'^      - "(.+)"$', (ROOT / "environment.yml").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(set(listed) - {"--editable ."}) == sorted([*PROJECT["dependencies"], *EXTRAS["dev"]])


def test_the_lock_file_holds_every_dependency_with_hashes() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = {match.lower() for match in re.findall(r"^([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==", lock, re.MULTILINE)}
    wanted = {re.split(r"[\[><=]", name)[0].lower() for name in [*PROJECT["dependencies"], *EXTRAS["dev"], *EXTRAS["scale"]]}
    assert wanted <= locked
    entries = re.split(r"\n(?=[A-Za-z0-9])", lock)
    assert all("--hash=sha256:" in entry for entry in entries if "==" in entry.split("\n", 1)[0])


def test_the_lock_file_names_no_host() -> None:
    assert not re.search(r"https?://|--index-url|--find-links", (ROOT / "requirements.lock").read_text(encoding="utf-8"))


def test_the_extras_are_those_of_the_documentation() -> None:
    assert set(EXTRAS) == {"dev", "notify", "scale"}
