"""A customer's computer as it looks in a shop: a letter, files, a printer that does not print."""

from __future__ import annotations

from tests.journey.computers import X11vnc
from tests.journey.programs import Programs

GROUND = "#3b6e8f"
# Nothing stands here, so the ground's colour shows that the picture has come.
EMPTY = (1000, 750)
# The line of the letter that names the fault.
FAULT = (150, 291)
LETTER = """\
Gray & Daughters, Bookbinders
-----------------------------

Dear Mr Brown,

thank you for the two boxes of endpaper, which arrived on
Tuesday in perfect order.

The invoice does not print: the printer takes the paper in,
stops, and asks for a driver. I have written down what it
says below, and rung for help.

    PRN-2041  driver not found (page 1 of 3)

Yours sincerely,
E. Gray
"""
PRINTER = """\
Printer: offline

Page 1 of 3   no driver
Page 2 of 3   waiting
Page 3 of 3   waiting
"""
FILES = """\
Volume in drive C is OFFICE

2009-03-02  09:14    <DIR>          Invoices
2009-03-02  09:14    <DIR>          Letters
2009-04-17  16:40           41 472  Price list.xls
2009-05-06  11:02            2 310  To Mr Brown.txt
               2 files       43 782 bytes
"""


class Office(X11vnc):
    """A desk with work on it; its clock goes by `zone`."""

    width, height = 1024, 768

    def __init__(self, programs: Programs, name: str, *, code: str, zone: str) -> None:
        self.zone = zone
        super().__init__(programs, name, code=code)

    def furnish(self, colour: str = GROUND) -> None:
        self.paint(colour)
        self.write("letter", LETTER, "64x18+40+40")
        self.write("files", FILES, "64x8+60+540")
        self.show("xclock", "-geometry", "170x170+810+40", "-update", "5")
        self.show("xeyes", "-geometry", "150x90+820+250")
        self.write("printer", PRINTER, "26x7+690+400")
        for title in ("letter", "files", "xclock", "xeyes", "printer"):
            self.wait_for_window(title)

    def write(self, title: str, text: str, place: str) -> None:
        """A window with a text in it."""
        path = self.programs.folder / f"{title}.txt"
        path.write_text(text)
        look = ("-fa", "DejaVu Sans Mono", "-fs", "11", "-bg", "#fdfcf7", "-fg", "#24323a", "-b", "12", "+sb")
        self.show("xterm", "-T", title, "-geometry", place, *look, "-e", "sh", "-c", f"cat {path.name}; exec sleep 600")

    def _habits(self) -> dict[str, str]:
        return super()._habits() | {"TZ": self.zone}
