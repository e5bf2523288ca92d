"""page - tables of figures, as plain text and as Markdown.

A table has a title, columns, rows of text, and remarks below it.
"""


class Table:
    def __init__(self, title, columns):
        self.title, self.columns = title, columns
        self.rows, self.remarks = [], []

    def add(self, *cells):
        self.rows.append([str(cell) for cell in cells])

    def text(self):
        lines = [self.columns, *self.rows]
        widths = [max(len(line[n]) for line in lines)
                  for n in range(len(self.columns))]
        out = [self.title]
        for line in lines:
            first, *rest = (cell.rjust(width)
                            for cell, width in zip(line, widths))
            out.append(" ".join([line[0].ljust(widths[0]), *rest]).rstrip())
        return "\n".join(out + self.remarks) + "\n"

    def markdown(self):
        out = [f"## {self.title}", "", row(self.columns),
               row(["---", *["--:"] * (len(self.columns) - 1)])]
        out += [row(cells) for cells in self.rows]
        for remark in self.remarks:
            out += ["", remark]
        return "\n".join(out) + "\n"


def row(cells):
    return "| " + " | ".join(cells) + " |"


def short(value):
    """Three digits that count, or a dash."""
    if value is None:
        return "-"
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
