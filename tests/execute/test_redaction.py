"""What a cell prints, shows or raises by itself is redacted before it is kept."""

from __future__ import annotations

import json

from tests.execute.conftest import Runner
from tests.redaction_corpus import secrets


def test_no_secret_that_a_cell_lets_out_is_kept(run_cells: Runner) -> None:
    told = [(secret.kind, f"{secret.name}={secret.text}", secret.core) for secret in secrets()]
    texts = json.dumps([text for _, text, _ in told])
    record = run_cells(
        f"planted = json.loads({texts!r})\nprint(*planted, sep='\\n')",
        "print(*planted, sep='\\n', file=sys.stderr)",
        "display({'text/html': '<br>'.join(planted), 'text/plain': '; '.join(planted)}, raw=True)",
        "raise RuntimeError('; '.join(planted))",
    )
    assert record.notebook is not None
    notebook = json.loads(record.notebook.read_text())
    kept = json.dumps([cell.get("outputs") for cell in notebook["cells"]]) + json.dumps(notebook["metadata"]) + record.error
    assert "[redacted" in kept
    assert [kind for kind, _, core in told if core in kept or json.dumps(core)[1:-1] in kept] == []
