"""Scripts and settings for one session, made for the customer's computer. Knows neither Flask nor the database."""

from portal.instructions.batch import connect_bat
from portal.instructions.facts import Facts, Way, way
from portal.instructions.powershell import connect_ps1
from portal.instructions.registry import tightvnc_reg
from portal.instructions.shell import connect_sh
from portal.instructions.texts import LANGUAGES

__all__ = ["LANGUAGES", "Facts", "Way", "connect_bat", "connect_ps1", "connect_sh", "tightvnc_reg", "way"]
