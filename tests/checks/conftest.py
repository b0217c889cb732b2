from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from runbooks import settings
from runbooks.settings import Settings

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


@pytest.fixture
def scope() -> Settings:
    """Return production's settings at three in the morning."""
    environment = settings.load("production")
    return Settings(environment, NOW, settings.window(NOW, hours=24))


@pytest.fixture
def bare(scope: Settings) -> Settings:
    """Return the same settings with nothing accepted."""
    return replace(scope, environment=scope.environment.model_copy(update={"accepted": ()}))
