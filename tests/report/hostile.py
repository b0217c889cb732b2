"""Strings that try to act, and every path on which a string can reach a page."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from runbooks.model import (
    CHART_MIME,
    RESULT_MIME,
    VERDICT_MIME,
    Acceptance,
    Blind,
    Change,
    Chart,
    CheckResult,
    Evidence,
    Hypothesis,
    Outcome,
    Plan,
    Reason,
    Series,
    Status,
    Verdict,
    Window,
)
from tests.report.sample_run import NOW, RUN_ID, output, piece, told

BEACON = "http://127.0.0.1:9/beacon"  # nothing listens there; a request to it is seen by the browser's own log

# HIT is replaced by a call that names the path, so that a failure says where it came from
PAYLOADS = {
    "script": "<script>HIT</script>",
    "script upper": "<ScRiPt >HIT</sCrIpT\t>",
    "close script": "</script><script>HIT</script>",
    "close style": "</style><script>HIT</script><style>",
    "close title": "</title></head><body onload=HIT><script>HIT</script>",
    "close pre": "</code></pre></details></td></tr></table></section></main><script>HIT</script>",
    "comment": "--><!--><script>HIT</script><!--",
    "cdata": "]]></text></svg><script>HIT</script><![CDATA[",
    "img onerror": "<img src=x onerror=HIT>",
    "img remote": f'<img src="{BEACON}?a"><img srcset="{BEACON}?b 1x"><picture><source srcset="{BEACON}?c"></picture>',
    "svg onload": "<svg onload=HIT><script>HIT</script><animate onbegin=HIT attributeName=x dur=1s>",
    "svg use": f'<svg><use href="data:image/svg+xml,<svg id=x onload=HIT>#x"/><image href="{BEACON}?d"/></svg>',
    "math": '<math><maction actiontype="statusline" xlink:href="javascript:HIT">x</maction></math>',
    "details": "<details open ontoggle=HIT><summary>x</summary></details>",
    "autofocus": "<input autofocus onfocus=HIT><select autofocus onfocus=HIT>",
    "iframe": f'<iframe src="javascript:HIT"></iframe><iframe srcdoc="<script>parent.hit(1)</script>"></iframe><iframe src="{BEACON}?e"></iframe>',
    "object": f'<object data="{BEACON}?f"></object><embed src="{BEACON}?g"><applet code="x">',
    "meta": f'<meta http-equiv="refresh" content="0;url={BEACON}?h"><base href="{BEACON}/"><link rel=stylesheet href="{BEACON}?i">',
    "form": f'<form action="{BEACON}?j"><button autofocus formaction="javascript:HIT">x</button></form>',
    "attribute double": '" onmouseover="HIT" autofocus onfocus="HIT" x="',
    "attribute single": "' onmouseover='HIT' autofocus onfocus='HIT' x='",
    "attribute bare": "x onerror=HIT onload=HIT src=x",
    "attribute backtick": "`onload=HIT`",
    "javascript link": "javascript:HIT",
    "javascript hidden": "java\tscript:HIT //\x01javascript:HIT",
    "data link": "data:text/html,<script>HIT</script>",
    "data base64": "data:text/html;base64,PHNjcmlwdD5wYXJlbnQuaGl0KDEpPC9zY3JpcHQ+",
    "markdown link": "[x](javascript:HIT) [y](JaVaScRiPt:HIT) [z](data:text/html,<script>HIT</script>) <javascript:HIT>",
    "markdown entity link": "[x](java&#115;cript:HIT) [y](&#x6A;avascript:HIT) [z][r]\n\n[r]: javascript:HIT",
    "markdown image": f"![x]({BEACON}?k) ![y](javascript:HIT) [![z]({BEACON}?l)](vbscript:HIT)",
    "markdown title": '[x](https://example.com "a\\" onmouseover=HIT b")',
    "markdown fence": "```\n</code></pre><script>HIT</script>\n```\n~~~html onload=HIT\n<script>HIT</script>\n~~~\n` `` `<script>HIT</script>",
    "markdown setext": "x\n===\n\n# y\n\n<h1>z</h1>\n",
    "table": "<table><tr><th>x</th></tr></table><h1>y</h1>",
    "css": "</style><style>body{background:url(" + BEACON + '?m)}</style><p style="background:url(' + BEACON + '?n)">;}*{background:url(' + BEACON + "?o)}",
    "css import": f"@import url({BEACON}?p); x{{}} expression(HIT) behavior:url({BEACON}?q)",
    "template": "{{ ''.__class__.__mro__ }}{% for x in [1] %}<script>HIT</script>{% endfor %}{{ cell | safe }}{# x #}",
    "format": "{template.__globals__} {0.__class__} %s %(x)s ${HIT} #{HIT}",
    "mathjax": r"$$\href{javascript:HIT}{x}$$ \(\unicode{<img src=x onerror=HIT>}\) $\class{x}{y}$",
    "mermaid": 'graph TD\nA["<img src=x onerror=HIT>"] --> B\nclick A javascript:HIT',
    "ansi": "\x1b[31m<script>HIT</script>\x1b[0m\x1b[2J\x1b]0;title\x07",
    "osc 8": "\x1b]8;;javascript:HIT\x07<b>x</b>\x1b]8;;\x07\x9d8;;javascript:HIT\x9cy\x9d8;;\x9c",
    "bidi": "\u202e<script>HIT</script>\u2066\u200b\ufeff\u2069",
    "split by nothing": "<scr\x00ipt>HIT</scr\x00ipt><scr\u200bipt>HIT</script><\x1b[0mscript>HIT</script>",
    "utf-7 and wide": "+ADw-script+AD4-HIT+ADw-/script+AD4- \uff1cscript\uff1eHIT\uff1c/script\uff1e",
    "entities": "&lt;script&gt;HIT&lt;/script&gt; &#60;script&#62;HIT&#60;/script&#62; &notin;",
    "json": '"},"text/html":"<script>HIT</script>"}]}\u2028\u2029',
    "noscript": '<noscript><p title="</noscript><img src=x onerror=HIT>">',
    "mutation": '<svg></p><style><a id="</style><img src=x onerror=HIT>">',
    "one megabyte": "<script>HIT</script>" + "A<b>&\"'" * 150_000,
    "one megabyte, one mark": "\u202e" * 1_000_000,
}  # fmt: skip


class Paths:
    """Hands out the payload and remembers for which path."""

    def __init__(self, payload: str) -> None:
        self.payload = payload
        self.names: list[str] = []

    def __call__(self, name: str) -> str:
        self.names.append(name)
        return self.payload.replace("HIT", f"hit('{name}')")


def result(at: Paths, status: Status, where: str = "listed") -> CheckResult:
    """A result with the payload in every field."""
    at_ = f"{status} result, {where}, "
    weakness = Acceptance(check=at(at_ + "acceptance check"), resource=at(at_ + "acceptance resource"), reason=at(at_ + "acceptance reason"), owner=at(at_ + "acceptance owner"), expires=NOW)  # fmt: skip
    facts = {at(at_ + "fact name"): at(at_ + "fact value")}
    return CheckResult(
        name=at(at_ + "name"), claim=at(at_ + "claim"), status=status, summary=at(at_ + "summary"), expected=at(at_ + "expected"),
        next_step=at(at_ + "next step"), calls=(at(at_ + "call"),), seconds=len(where),
        evidence=(
            Evidence(resource=at(at_ + "evidence resource"), status=status, summary=at(at_ + "evidence summary"), facts=facts),
            Evidence(resource=at(at_ + "accepted resource"), status=Status.FAIL, summary=at(at_ + "accepted summary"), accepted=weakness),
        ),
        blind=(
            Blind(call=at(at_ + "blind call"), reason=Reason.DENIED, detail=at(at_ + "blind detail"), resource=at(at_ + "blind resource"),
                  statement={"Effect": "Allow", "Action": [at(at_ + "blind action")], at(at_ + "statement key"): at(at_ + "statement value")}),
        ),
    )  # fmt: skip


def chart(at: Paths) -> Chart:
    """A chart with the payload in every text."""
    series = Series(label=at("chart series label"), points=((NOW - timedelta(hours=1), 1.0), (NOW, 2.0)))
    return Chart(title=at("chart title"), unit=at("chart unit"), words=at("chart words"), series=(series,), limit=1.5)


def plan(at: Paths) -> Plan:
    """A plan with the payload in every text."""
    undo = Change(summary=at("undo summary"), service="a", operation="b", params={}, before={}, after={}, no_undo="x")
    values = {at("change key"): at("change value")}
    change = Change(summary=at("change summary"), service=at("change service"), operation=at("change operation"), params=values, before=values, after=values, undo=undo)  # fmt: skip
    final = change.model_copy(update={"undo": None, "no_undo": at("change without undo")})
    return Plan(environment=at("plan environment"), account=at("plan account"), summary=at("plan summary"), changes=(change, final))


def verdict(at: Paths) -> Verdict:
    """A verdict with the payload in every text."""
    cause = Hypothesis(
        name=at("cause name"), summary=at("cause summary"), weight=1, supporting=(at("cause for"),), opposing=(at("cause against"),),
        unseen=(at("cause unseen"),), next_question=at("cause question"),
    )  # fmt: skip
    planned = plan(at)
    return Verdict(
        run_id=at("run id"), runbook=at("runbook"), title=at("verdict title"), environment=at("environment"), account=at("account"),
        region=at("region"), window=Window(start=NOW - timedelta(hours=1), end=NOW), started=NOW, finished=NOW, operator=at("operator"),
        reason=at("reason"), incident=at("incident"), outcome=Outcome.COMPLETED, status=Status.FAIL, summary=at("verdict summary"),
        results=tuple(result(at, status) for status in Status), causes=(cause,), plans=(planned,), changes=planned.changes,
        calls={at("call name"): 1}, parameters={at("parameter name"): at("parameter value")}, versions={at("version name"): at("version value")},
        escalation=at("escalation"), journal_head=at("journal head"),
    )  # fmt: skip


def record(payload: str) -> tuple[NotebookNode, list[str]]:
    """Return a record with the payload on every path to its page, and the names of the paths."""
    at = Paths(payload)
    concluded = verdict(at)
    cells = [*_prose(at), *_code(at, concluded)]
    metadata: dict[str, Any] = {
        "title": at("notebook title"), "authors": [{"name": at("notebook author")}], "kernelspec": {"name": at("kernel name"), "display_name": at("kernel title")},
        "language_info": {"name": at("language"), "pygments_lexer": at("lexer")}, "papermill": {"parameters": {at("papermill name"): at("papermill value")}},
        "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {"x": {"model_name": at("widget state")}}}}, "runbooks": told(concluded),
    }  # fmt: skip
    return piece(cells=cells, metadata=metadata, nbformat=4, nbformat_minor=5), at.names


def unfinished(payload: str) -> tuple[NotebookNode, list[str]]:
    """Return a record that holds no verdict, with the payload on every path that only such a record has."""
    at = Paths(payload)
    broken = piece(
        output_type="error", ename=at("last error name"), evalue=at("last error value"), traceback=[at("last traceback")]
    )
    half = piece(cell_type="code", source="x", outputs=[broken, output(result(at, Status.FAIL))], metadata={})
    told_ = {name: at(f"runner {name}") for name in ("outcome", "notebook", "run_id", "error", "started", "finished")}
    given = {at("papermill name"): at("papermill value"), "environment": at("papermill environment")}
    return piece(cells=[half], metadata={"runbooks": told_, "papermill": {"parameters": given}}), at.names


def _prose(at: Paths) -> list[NotebookNode]:
    around = {
        "text": "{}", "heading": "## {}", "list": "- {}", "quote": "> {}", "emphasis": "**{}**", "code span": "`{}`", "fence": "```\n{}\n```",
        "fence info": "```{}\nx\n```", "link text": "[{}](https://example.com)", "link target": "[x]({})", "link title": '[x](https://example.com "{}")',
        "image text": "![{}](x.png)", "image target": "![x]({})", "autolink": "<{}>", "reference": "[x][r]\n\n[r]: {}", "html block": "<div>{}</div>",
    }  # fmt: skip
    cells = [
        piece(cell_type="markdown", source=form.replace("{}", at(f"markdown {name}")), metadata={}) for name, form in around.items()
    ]
    cells[0]["attachments"] = {at("attachment name"): {"image/svg+xml": at("attachment")}}
    cells[0]["id"], cells[0]["metadata"] = at("cell id"), {"tags": [at("cell tag")], at("cell metadata key"): at("cell metadata")}
    raw = piece(cell_type="raw", source=at("raw cell"), metadata={"raw_mimetype": "text/html", "format": at("raw format")})
    return [*cells, raw, piece(cell_type=at("cell type"), source=at("cell of an unknown type"), metadata={})]


def _code(at: Paths, concluded: Verdict) -> list[NotebookNode]:
    mimes = (
        "text/html", "text/markdown", "text/latex", "application/javascript", "image/svg+xml", "image/png", "image/jpeg", "text/vnd.mermaid",
        "application/pdf", "application/vnd.jupyter.es6-rich-output", "text/plain",
    )  # fmt: skip
    outputs = [piece(output_type="display_data", data={mime: at(f"output {mime}")}) for mime in mimes]
    outputs += [
        piece(output_type="execute_result", data={mime: at(f"result {mime}"), "text/plain": at(f"text beside {mime}")})
        for mime in mimes[:4]
    ]
    outputs += [
        piece(output_type="display_data", data={"application/json": {at("json key"): [at("json value")]}}),
        piece(output_type="display_data", data={"application/vnd.jupyter.widget-view+json": {"model_id": at("widget view")}}),
        piece(output_type="display_data", data={at("mime type"): "x"}),
        piece(output_type="display_data", data={"image/png": PIXEL, "text/plain": at("image words")}, metadata={"image/png": {"width": at("image width"), "height": at("image height")}}),
        piece(output_type="display_data", data={"image/png": PIXEL + at("image tail")}),
        _beside(output(chart(at)), {"image/svg+xml": at("svg beside a chart")}),
        _beside(output(result(at, Status.WARN, "published")), {"text/html": at("html beside a result")}),
        _beside(output(concluded), {"text/html": at("html beside a verdict")}),
        piece(output_type="display_data", data={RESULT_MIME: {"name": at("broken result")}, "text/plain": at("text of a broken result")}),
        piece(output_type="display_data", data={CHART_MIME: at("broken chart"), VERDICT_MIME: [at("broken verdict")]}),
        piece(output_type="stream", name="stdout", text=at("stdout")), piece(output_type="stream", name="stderr", text=at("stderr")),
        piece(output_type="stream", name=at("stream name"), text=at("stream of an unknown name")),
        piece(output_type=at("output type"), data={}, metadata={}),
        piece(output_type="error", ename=at("error name"), evalue=at("error value"), traceback=[at("traceback")]),
    ]  # fmt: skip
    halves = [outputs[:18], outputs[18:]]
    return [
        piece(cell_type="code", source=at(f"code {n}"), outputs=half, metadata={"tags": [at(f"code tag {n}")], "papermill": {"duration": at(f"duration {n}")}})
        for n, half in enumerate(halves)
    ]  # fmt: skip


def _beside(published: NotebookNode, other: dict[str, str]) -> NotebookNode:
    published["data"].update(other)
    return published


def runs(root: Path, name: str, payload: str) -> list[str]:
    """Put runs with the payload in file names and verdicts below `root`; return the names of the paths."""
    at = Paths(payload)
    folder = root / f"{list(PAYLOADS).index(name)} {_file_name(at('environment folder'))}" / "2026-08-02"
    folder.mkdir(parents=True)
    lines = {
        "title": at("listed title"),
        "environment": at("listed environment"),
        "summary": at("listed summary"),
        "status": "FAIL",
        "outcome": "completed",
    }
    (folder / f"{_file_name(at('file name'))}-{RUN_ID}.json").write_text(json.dumps(lines))
    (folder / f"broken-{RUN_ID}.json").write_text(at("broken verdict file"))
    (folder / f"half-{RUN_ID}.json").write_text(json.dumps({**lines, "status": at("listed status")}))
    return at.names


def _file_name(text: str) -> str:
    """As much of the text as a file name can hold."""
    return text.replace("/", "\u2215").replace("\0", "").encode()[:150].decode(errors="ignore") or "x"


PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
