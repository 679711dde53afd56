"""The summary as text for a terminal, and as Markdown."""
COLUMNS = [("luminate", "http"), ("luminate", "library"), ("victoria_metrics", "http"), ("clickhouse", "http"),
           ("duckdb", "library")]


def figure(value, unit):
    if unit == "s":
        if value < 0.001:
            return f"{value * 1e6:.0f} us"
        return f"{value * 1000:.3g} ms" if value < 1 else f"{value:.3g} s"
    if unit == "MB":
        return f"{value:,.0f} MB"
    return f"{value:.2f}"


def cell(row, column):
    value = row.cells.get(column)
    if value is None:
        return ""
    text = figure(value, row.unit)
    ratio = None if column[0] == "luminate" else row.ratio(*column)
    if ratio is not None:
        text += f" ({ratio:.2g}x)" if ratio < 100 else f" ({ratio:.0f}x)"
    return text


def headings(summary):
    peers = summary.collected["peers"]
    titles = {("luminate", "http"): "Luminate, HTTP", ("luminate", "library"): "Luminate, library"}
    return {column: titles.get(column) or f"{peers[column[0]]['title']} {version(peers[column[0]]['version'])}"
            for column in COLUMNS if column[0] in peers}


def version(text):
    """Without what Debian adds."""
    return text.lstrip("v").partition("+")[0]


def title_of(row):
    return row.title if row.unit in ("s", "MB") else f"{row.title}, {row.unit}"


def notes(summary):
    """[(text, rows and columns)] of the cells that are not quite the same work."""
    found = []
    names = headings(summary)
    for row in summary.rows:
        for column, note in row.notes.items():
            found.append(f"{row.title}: {names[column]} is {note}" if note.startswith("off")
                         else f"{row.title}: {names[column]} answered with {note}")
    return found


def cells_of(summary):
    names = headings(summary)
    lines = [["", *names.values()]]
    for row in summary.rows:
        lines.append([title_of(row), *(cell(row, column) + ("~" if column in row.notes else "") for column in names)])
    return lines


def terminal(summary):
    lines = cells_of(summary)
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    text = "\n".join("  ".join(part.ljust(width) if i == 0 else part.rjust(width)
                               for i, (part, width) in enumerate(zip(line, widths))) for line in lines)
    text += "\n\n(2x): Luminate is two times better, HTTP beside HTTP and library beside library."
    if notes(summary):
        text += "\n~: not quite the same work:"
    text += "".join(f"\n  {note}" for note in notes(summary))
    text += "".join(f"\n{remark}" for remark in summary.remarks)
    text += "\n\nGoals"
    for what, measured, bar, aim, met in summary.goals:
        text += f"\n  {'met   ' if met else 'NOT MET'}  {what}: {measured}; {bar}, aim {aim}"
    return "\n" + text


def markdown(summary):
    lines = cells_of(summary)
    text = ["| " + " | ".join(line) + " |" for line in lines]
    text.insert(1, "|---|" + "---:|" * (len(lines[0]) - 1))
    if notes(summary):
        text += ["", "~ not quite the same work:", "", *(f"- {note}" for note in notes(summary))]
    for remark in summary.remarks:
        text += ["", remark]
    return "\n".join(text)


def markdown_goals(summary):
    text = ["| goal | bar | aim | measured | |", "|---|---|---|---:|---|"]
    text += [f"| {what} | {bar} | {aim} | {measured} | {'met' if met else '**missed**'} |"
             for what, measured, bar, aim, met in summary.goals]
    return "\n".join(text)
