from __future__ import annotations

from tests.report.conftest import browser, look

__all__ = ["browser", "look"]
