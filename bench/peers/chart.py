"""The ratios as a chart: how many times better Luminate is than each peer, on a logarithmic scale. Plain SVG that
follows the reader's light or dark theme."""
import html
import math

import table

COLORS = {"victoria_metrics": "#8a63d2", "clickhouse": "#c99700", "duckdb": "#2e9e77"}
WIDTH, LEFT, RIGHT, TOP = 860, 290, 70, 84
BAR, GAP, BETWEEN = 11, 2, 13

STYLE = """
  text { font: 13px system-ui, "DejaVu Sans", sans-serif; fill: #1f2328; }
  .page { fill: #ffffff; }
  .small { font-size: 11px; }
  .title { font-size: 16px; font-weight: 600; }
  .axis { fill: #59636e; }
  line { stroke: #d1d9e0; }
  line.even { stroke: #59636e; stroke-width: 1.5; }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117; }
    text { fill: #e6edf3; }
    .axis { fill: #9198a1; }
    line { stroke: #3d444d; }
    line.even { stroke: #9198a1; }
  }
"""


def bars_of(row):
    """[(peer, ratio, is it quite the same work)] of the peers that can be compared."""
    found = []
    for peer, how in table.COLUMNS:
        ratio = row.ratio(peer, how) if peer != "luminate" else None
        if ratio:
            found.append((peer, ratio, (peer, how) not in row.notes))
    return found


def short(ratio):
    return f"{ratio:.0f}x" if ratio >= 10 else f"{ratio:.1f}x" if ratio >= 1 else f"{ratio:.2f}x"


def draw(summary):
    rows = [(row, bars_of(row)) for row in summary.rows if row.chart]
    rows = [(row, bars) for row, bars in rows if bars]
    ratios = [ratio for _, bars in rows for _, ratio, _ in bars]
    low = math.floor(math.log10(min([0.5, *ratios])))
    high = math.ceil(math.log10(max([10, *ratios])))

    def x_of(ratio):
        return LEFT + (math.log10(ratio) - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    height = TOP + sum(len(bars) * (BAR + GAP) + BETWEEN for _, bars in rows) + 30
    peers = summary.collected["peers"]
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
           'role="img" aria-label="How many times better Luminate is than each peer">',
           f"<style>{STYLE}</style>",
           '<rect class="page" width="100%" height="100%" rx="6"/>',
           '<text x="12" y="24" class="title">How many times better Luminate is</text>',
           f'<text x="{x_of(1) + 4:.1f}" y="{TOP - 22}" class="small axis">Luminate is better &#8594;</text>',
           f'<text x="{x_of(1) - 4:.1f}" y="{TOP - 22}" class="small axis" text-anchor="end">'
           '&#8592; the peer is better</text>']
    at = 12
    for peer in COLORS:
        if peer in peers:
            name = f"{peers[peer]['title']} {table.version(peers[peer]['version'])}"
            out.append(f'<rect x="{at}" y="38" width="11" height="11" rx="2" fill="{COLORS[peer]}"/>'
                       f'<text x="{at + 16}" y="48">{html.escape(name)}</text>')
            at += 40 + 7.6 * len(name)
    for decade in range(low, high + 1):
        x = x_of(10.0 ** decade)
        even = ' class="even"' if decade == 0 else ""
        out.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 6}" y2="{height - 22}"{even}/>'
                   f'<text x="{x:.1f}" y="{height - 8}" class="small axis" text-anchor="middle">'
                   f'{10.0 ** decade:g}x</text>')
    y = TOP
    for row, bars in rows:
        middle = y + len(bars) * (BAR + GAP) / 2 + 4
        out.append(f'<text x="{LEFT - 10}" y="{middle:.1f}" text-anchor="end">{html.escape(row.title)}</text>')
        for peer, ratio, same in bars:
            end = x_of(ratio)
            begin = min(end, x_of(1))
            length = max(abs(end - x_of(1)), 1)
            out.append(f'<rect x="{begin:.1f}" y="{y}" width="{length:.1f}" height="{BAR}" rx="1.5" '
                       f'fill="{COLORS[peer]}"/>'
                       f'<text x="{max(end, x_of(1)) + 4:.1f}" y="{y + BAR - 1.5}" class="small">'
                       f'{"" if same else "~"}{short(ratio)}</text>')
            y += BAR + GAP
        y += BETWEEN
    return "\n".join([*out, "</svg>\n"])
