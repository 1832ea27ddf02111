"""What somebody has to do before anything else: change a password that was made for them, set up a second factor."""

from __future__ import annotations

from portal.registers import registers
from sessions.views import SignedIn

# Where a duty is done, and what may be done in spite of it.
DUTIES = {
    "account.password": "Change your password first: the one you have was made by somebody else.",
    "account.second_factor": "Set up a second factor first: this installation asks everybody for one.",
}
IN_SPITE = frozenset(
    {
        "account.password",
        "account.change_password",
        "account.second_factor",
        "account.confirm_second_factor",
        "account.prefer",
    }
)


def duty_of(signed_in: SignedIn) -> str | None:
    """The page where this person's duty is done, if they have one."""
    if signed_in.must_change_password and signed_in.how == "password":
        return "account.password"
    # With OpenID Connect, how many factors there are is the provider's business.
    needs_factor = registers().settings.second_factor_required and signed_in.how == "password"
    return "account.second_factor" if needs_factor and not signed_in.second_factor_set else None
