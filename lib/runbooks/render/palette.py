"""The colours, as CSS variables and as numbers; text on its ground holds 4.5:1 in light and in dark (WCAG 2.2, 1.4.3)."""

from __future__ import annotations

from runbooks.model import Status

STATUS = {  # text, tint; after the word and the position, colour is the third signal
    "light": {
        Status.PASS: ("#116329", "#dafbe1"),
        Status.WARN: ("#7a4b00", "#fff4d6"),
        Status.FAIL: ("#8f1d14", "#ffe4e1"),
        Status.UNKNOWN: ("#4b3f8f", "#ece9fb"),
        Status.SKIP: ("#57606a", "#f1f3f5"),
    },
    "dark": {
        Status.PASS: ("#84dfa0", "#15301f"),
        Status.WARN: ("#f0c674", "#37290c"),
        Status.FAIL: ("#ffaba3", "#431a18"),
        Status.UNKNOWN: ("#c9bfff", "#2b2650"),
        Status.SKIP: ("#a9b3bf", "#232930"),
    },
}
GROUND = {
    "light": {"ink": "#1f2328", "muted": "#57606a", "link": "#0b57d0", "paper": "#ffffff", "sunk": "#f6f8fa", "rule": "#d8dee4"},
    "dark": {"ink": "#e6eaef", "muted": "#a9b3bf", "link": "#9cc2ff", "paper": "#15181d", "sunk": "#1d2127", "rule": "#3a424c"},
}
LINES = {  # of a chart: blue, orange, green, pink, grey; 3:1 on paper (WCAG 2.2, 1.4.11), told apart by their dashes too
    "light": ("#0b57d0", "#b35900", "#1a7f37", "#a8327e", "#57606a"),
    "dark": ("#9cc2ff", "#ffb366", "#84dfa0", "#f49ad4", "#a9b3bf"),
}


def variables(mode: str) -> str:
    """Return the declarations of all variables of `mode` ("light" or "dark")."""
    ground = [f"--{name}:{colour}" for name, colour in GROUND[mode].items()]
    status = [f"--{s.lower()}:{text};--{s.lower()}-tint:{tint}" for s, (text, tint) in STATUS[mode].items()]
    return ";".join([*ground, *status])


def dark_of() -> dict[str, str]:
    """Return what each colour of a chart becomes in the dark."""
    pairs = {light: GROUND["dark"][name] for name, light in GROUND["light"].items()}
    pairs |= dict(zip(LINES["light"], LINES["dark"], strict=True))
    return pairs | {STATUS["light"][Status.FAIL][0]: STATUS["dark"][Status.FAIL][0]}
