"""Records of many runs beside each other: what changed, since when, and what is different elsewhere.

Everything here comes from the records; the index is a shortcut to them that can be deleted at any time.
"""

from __future__ import annotations

from runbooks.history.archive import Archive
from runbooks.history.changes import Change, Changes, Kind, changes
from runbooks.history.findings import Finding, Row, as_of, findings
from runbooks.history.index import Index, Record

__all__ = ["Archive", "Change", "Changes", "Finding", "Index", "Kind", "Record", "Row", "as_of", "changes", "findings"]
