"""The wall times as one SVG that any browser shows: a panel for each contest, a
bar for each peer on a common logarithmic scale, whiskers from minimum to maximum."""

import math
from xml.sax.saxutils import escape

from records import BASELINE, MODES, OURS

BAR, GAP, TITLE = 14, 3, 24
LABEL, SCALE, VALUE = 92, 360, 70
PANEL = LABEL + SCALE + VALUE
MARGIN, HEAD = 16, 64
COLOURS = {OURS: "#0b6e4f", BASELINE: "#8a8a8a"}
PEER_COLOUR = "#7aa6d6"


def svg(records, caption):
    """The picture, as text."""
    columns = {mode: [] for mode in MODES}
    for (mode, workload, capacity), peers in records.contests():
        walls = {peer: figures["wall_ns_per_item"] for peer, figures in peers.items()}
        columns[mode].append((f"{workload}, capacity {capacity}", walls))
    columns = {mode: panels for mode, panels in columns.items() if panels}
    summaries = [wall for panels in columns.values() for _, walls in panels
                 for wall in walls.values()]
    low = 10 ** math.floor(math.log10(min(wall["min"] for wall in summaries)))
    high = 10 ** math.ceil(math.log10(max(wall["max"] for wall in summaries)))

    def at(value):
        return SCALE * math.log(value / low) / math.log(high / low)

    parts, heights = [], []
    for column, (mode, panels) in enumerate(columns.items()):
        left = MARGIN + column * (PANEL + MARGIN)
        parts.append(_text(left, HEAD - 12, MODES[mode], "head"))
        top = HEAD
        for title, walls in panels:
            parts += _panel(left, top, title, walls, at, low, high)
            top += TITLE + len(walls) * (BAR + GAP) + GAP
        heights.append(top)
    width, height = MARGIN + len(columns) * (PANEL + MARGIN), max(heights) + MARGIN
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img">',
        f"<title>{escape(caption)}</title>",
        "<style>text{font:11px sans-serif;fill:#222}.head{font:bold 13px sans-serif}"
        ".title{font-weight:bold}.end{text-anchor:end}.faint{fill:#777;font-size:9px}</style>",
        '<rect width="100%" height="100%" fill="#fff"/>',
        _text(MARGIN, 24, caption, "head"),
        *parts, "</svg>", ""])


def _panel(left, top, title, walls, at, low, high):
    parts = [_text(left, top + 15, title, "title")]
    start = left + LABEL
    bottom = top + TITLE + len(walls) * (BAR + GAP)
    for power in range(round(math.log10(low)), round(math.log10(high)) + 1):
        x = start + at(10 ** power)
        parts += [f'<line x1="{x:.1f}" y1="{top + TITLE}" x2="{x:.1f}" y2="{bottom}" '
                  'stroke="#ddd"/>',
                  _text(x - 4, top + 18, _power(power), "faint")]
    for row, (peer, wall) in enumerate(sorted(walls.items(), key=lambda one: one[1]["median"])):
        y = top + TITLE + row * (BAR + GAP)
        middle = y + BAR / 2
        parts += [
            _text(start - 6, y + 11, peer, "end"),
            f'<rect x="{start}" y="{y}" width="{at(wall["median"]):.1f}" height="{BAR}" '
            f'fill="{COLOURS.get(peer, PEER_COLOUR)}"/>',
            f'<line x1="{start + at(wall["min"]):.1f}" y1="{middle}" '
            f'x2="{start + at(wall["max"]):.1f}" y2="{middle}" stroke="#222"/>',
            _text(start + at(wall["max"]) + 5, y + 11, f'{wall["median"]:.4g}', ""),
        ]
    return parts


def _power(power):
    return f"{10 ** power} ns" if power < 3 else f"{10 ** (power - 3)} us" if power < 6 else \
        f"{10 ** (power - 6)} ms"


def _text(x, y, text, kind):
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}">{escape(text)}</text>'
