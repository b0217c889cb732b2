"""Environment files: what is read, what is refused, and in which words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from runbooks import settings
from runbooks.errors import CallError

Own = Callable[[str, str], None]
SANDBOXED = {"sandbox": "production", "sandbox-staging": "staging", "sandbox-dev": "dev"}


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Own:
    """Return a function that writes an environment file of one's own."""
    monkeypatch.setenv("RUNBOOKS_ENVIRONMENTS", str(tmp_path))

    def write(name: str, text: str) -> None:
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")

    return write


def test_the_six_environments_are_there() -> None:
    assert {"dev", "staging", "production", *SANDBOXED} == set(settings.names())


@pytest.mark.parametrize(("sandboxed", "live"), SANDBOXED.items())
def test_a_sandboxed_environment_differs_from_the_live_one_in_account_and_title_only(sandboxed: str, live: str) -> None:
    here, there = settings.load(sandboxed).model_dump(), settings.load(live).model_dump()
    assert {key for key in here if here[key] != there[key]} == {"name", "title", "account", "sandbox"}


def test_accounts_of_the_sandbox_are_all_different() -> None:
    assert len({settings.load(name).account for name in SANDBOXED}) == len(SANDBOXED)


def test_production_is_called_prod_in_names_of_aws() -> None:
    """The document says `production`, the resources are called `prod` (platform: stack, alarms, dashboards)."""
    environment = settings.load("production")
    assert environment.stack == "BoatListingStack-prod"
    assert "admin-function-errors-prod" in environment.expected.alarms
    assert environment.endpoints[1].url == "https://api.harborlist.com/health"


def test_an_account_id_keeps_its_leading_zeros(own: Own) -> None:
    own("mine", 'extends = "dev"\naccount = "001234567012"')
    assert settings.load("mine").account == "001234567012"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('extends = "dev"\naccount = 1234567012', "account is 1234567012"),
        ('extends = "dev"\naccount = "12345"', "account is '12345'"),
        ('extends = "dev"\naccount = "١٢٣٤٥٦٧٨٩٠١٢"', "account is"),
        ('extends = "dev"\nregion = "mars"', "region is 'mars'"),
        ('extends = "dev"\ncolour = "red"', "unknown key 'colour'; the known ones are accepted, account,"),
        ('extends = "dev"\n[limits]\nspeed = 1', "unknown key 'limits.speed'; the known ones are alarm_flaps,"),
        ('extends = "dev"\n[deadlines]\ncheck = 0', "deadlines.check is 0"),
        ('extends = "dev"\n[deadlines]\nattempts = 99', "deadlines.attempts is 99"),
        ('extends = "nowhere"', "extends 'nowhere': choose one of dev,"),
        ('extends = "mine"', "without a circle"),
        ("account = ", "cannot be read"),
        ('title = "bare"', "lacks `suffix` or the table [hosts]"),
        (
            'extends = "dev"\n[[endpoints]]\nname = "a"\nurl = "http://plain"\nanswered_by = "origin"',
            "endpoints.0.url is 'http://plain'",
        ),
    ],
)
def test_a_bad_file_is_one_sentence_that_names_key_and_value(own: Own, text: str, words: str) -> None:
    own("mine", text)
    with pytest.raises(CallError) as caught:
        settings.load("mine")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_text_is_said_in_one_sentence(own: Own, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CallError, match=r"mine\.toml cannot be read"):
        settings.load("mine")


def test_an_unknown_environment_names_the_known_ones() -> None:
    with pytest.raises(CallError, match="unknown environment 'prod': choose one of dev, production, sandbox"):
        settings.load("prod")


@pytest.mark.parametrize("hours", [0, -1, 361, 10**9])
def test_a_window_outside_the_range_is_refused(hours: int) -> None:
    with pytest.raises(CallError, match="choose 1 to 360"):
        settings.window(datetime(2026, 11, 24, tzinfo=UTC), hours=hours)


def test_every_accepted_weakness_has_owner_reason_and_a_date_with_zone() -> None:
    for name in settings.names():
        for accepted in settings.load(name).accepted:
            assert accepted.owner
            assert len(accepted.reason) > 20
            assert accepted.expires.tzinfo is not None


def test_no_environment_file_holds_a_secret_or_a_name_of_a_person() -> None:
    for path in settings.SHIPPED.glob("*.toml"):
        text = path.read_text(encoding="utf-8").lower()
        assert not any(word in text for word in ("password", "secret_key", "akia", "token ="))
