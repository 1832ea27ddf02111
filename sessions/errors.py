"""What the register's verbs refuse, one class each: `code` for programs, one sentence with the cure for people.

RegisterError
├── UnknownLink, LinkEnded                        the customer's page
├── BadCode, UnknownCode, TooManyGuesses          the box for the code
│   └── MistypedCode
├── UnknownSession, SessionEnded, SessionHasCall  the desk
├── UnknownCall, NotClaimable
├── NoCallHeld, SeatsFull, UnknownMode            asking for a ticket
├── UnknownSeat, NotYourSeat, ControlTaken, NotInControl, NotOffered, NotWatching    who has control
├── TicketRefused                                 using one
│   └── TicketUnknown, TicketSpent, TicketExpired, TicketForeign, CallReplaced, NotYourTurn
├── NameTaken, BadName, BadPassword, BadEmail, UnknownTechnician, LastAdmin   people
├── WrongPassword, SamePassword, WrongFactor, FactorSet, NoFactor             one's own account
├── UnknownSignIn, UnknownToken, BadTokenName
├── UnknownRecording, RecordingRuns, RecordingGone, RecordingDamaged          recordings
├── RecordingOff, RecordingAlways
├── NotSeated                                     a ticket for somebody who may have no seat
├── BadSetting
└── WrongRevision                                 the database is not of this version
"""

from __future__ import annotations

from typing import ClassVar


class RegisterError(Exception):
    """A verb was refused; nothing was changed."""

    code: ClassVar[str] = "refused"
    words: ClassVar[str] = "This is not possible now."

    def __init__(self, words: str | None = None) -> None:
        super().__init__(words or self.words)


class UnknownLink(RegisterError):
    code = "unknown_link"
    words = "This link is not known. Check that it was copied whole, or ask your technician for a new one."


class LinkEnded(RegisterError):
    code = "link_ended"
    words = "This link has ended. Ask your technician for a new one."


class BadCode(RegisterError):
    code = "bad_code"
    words = "A code has nine digits. Ask for it once more, and type them all."


class MistypedCode(BadCode):
    code = "mistyped_code"
    words = "One of the digits is wrong, or two changed places: the last digit does not fit the others."


class UnknownCode(RegisterError):
    code = "unknown_code"
    words = "This code is not known, or its session has ended. Ask your technician for a new one."


class TooManyGuesses(RegisterError):
    code = "too_many_guesses"
    words = "Too many codes were tried. Wait a quarter of an hour, or ask your technician for the link."


class UnknownSession(RegisterError):
    code = "unknown_session"
    words = "There is no such session."


class SessionEnded(RegisterError):
    code = "session_ended"
    words = "This session has ended. Create a new one."


class SessionHasCall(RegisterError):
    code = "session_has_call"
    words = "This session already holds a call. End that one first, or choose another session."


class UnknownCall(RegisterError):
    code = "unknown_call"
    words = "There is no such call."


class NotClaimable(RegisterError):
    code = "not_claimable"
    words = "This call is no longer parked: it was claimed by someone else, or its computer hung up."


class NoCallHeld(RegisterError):
    code = "no_call_held"
    words = "The customer's computer is not connected. Wait until it has dialled in."


class SeatsFull(RegisterError):
    code = "seats_full"
    words = "Every seat at this computer is taken. Ask one of those present to leave; REACHBACK_MAX_SEATS allows more."


class UnknownMode(RegisterError):
    code = "unknown_mode"
    words = "A seat is either 'control' or 'watch'."


class UnknownSeat(RegisterError):
    code = "unknown_seat"
    words = "Nobody has this seat any more."


class NotYourSeat(RegisterError):
    code = "not_your_seat"
    words = "This seat is another technician's. Each asks, takes and accepts for themselves."


class ControlTaken(RegisterError):
    code = "control_taken"
    words = "Another technician has control. Ask for it; only an admin can take it."


class NotInControl(RegisterError):
    code = "not_in_control"
    words = "Only whoever has control can do this, and you have it no more."


class NotOffered(RegisterError):
    code = "not_offered"
    words = "Control is no longer offered to you. Ask for it."


class NotWatching(RegisterError):
    code = "not_watching"
    words = "This seat has control already."


class TicketRefused(RegisterError):
    code = "ticket_refused"
    words = "This ticket opens nothing. Connect again to get a new one."


class TicketUnknown(TicketRefused):
    code = "ticket_unknown"
    words = "This ticket was never issued here. Connect again to get a new one."


class TicketSpent(TicketRefused):
    code = "ticket_spent"
    words = "This ticket was already used, and each opens one connection only. Connect again to get a new one."


class TicketExpired(TicketRefused):
    code = "ticket_expired"
    words = "This ticket was not used in time. Connect again to get a new one."


class TicketForeign(TicketRefused):
    code = "ticket_foreign"
    words = "This ticket belongs to another session. Connect from that session's page."


class TicketElsewhere(TicketRefused):
    code = "ticket_elsewhere"
    words = (
        "This ticket's call is on another node. Connect again; where that does not help, an admin has to lead "
        "/websockify/NODE to each node."
    )


class CallReplaced(TicketRefused):
    code = "call_replaced"
    words = "The call this ticket was issued for is over. Connect again to reach the computer's new call."


class NotYourTurn(TicketRefused):
    code = "not_your_turn"
    words = "Somebody else is just sitting down at this computer. Connect again in a moment."


class NameTaken(RegisterError):
    code = "name_taken"
    words = "A technician of this name exists already. Choose another name."


class BadName(RegisterError):
    code = "bad_name"
    words = "A technician's name has 1 to 64 letters, digits, spaces or . _ - @ characters."


class BadPassword(RegisterError):
    code = "bad_password"
    words = "A password has at least 10 characters."


class UnknownTechnician(RegisterError):
    code = "unknown_technician"
    words = "There is no technician of this name. `reachback technician add NAME` makes one."


class BadEmail(RegisterError):
    code = "bad_email"
    words = "This is no e-mail address. Write it as the OpenID provider knows it, such as anna@example.org."


class LastAdmin(RegisterError):
    code = "last_admin"
    words = "This is the last admin who can sign in. Make somebody else an admin first."


class WrongPassword(RegisterError):
    code = "wrong_password"
    words = "The present password is not right."


class SamePassword(RegisterError):
    code = "same_password"
    words = "The new password is the old one. Choose another."


class WrongFactor(RegisterError):
    code = "wrong_factor"
    words = "This code does not fit. Check that the clock of your phone is right, and type the newest code."


class FactorSet(RegisterError):
    code = "factor_set"
    words = "A second factor is set already. Turn it off first."


class NoFactor(RegisterError):
    code = "no_factor"
    words = "No second factor is set."


class UnknownSignIn(RegisterError):
    code = "unknown_sign_in"
    words = "This sign-in has ended already."


class UnknownToken(RegisterError):
    code = "unknown_token"
    words = "There is no such API token; perhaps it was revoked already."


class BadTokenName(RegisterError):
    code = "bad_token_name"
    words = "Say in 1 to 64 characters what the API token is for."


class NotSeated(RegisterError):
    code = "not_seated"
    words = "You may have no seat: you were removed, or your role only reads. An admin can change that."


class UnknownDelivery(RegisterError):
    code = "unknown_delivery"
    words = "There is no such webhook any more, or it was delivered meanwhile."


class UnknownRecording(RegisterError):
    code = "unknown_recording"
    words = "There is no such recording."


class RecordingRuns(RegisterError):
    code = "recording_runs"
    words = "This recording still runs. Turn recording off first, or end the session."


class RecordingGone(RegisterError):
    code = "recording_gone"
    words = "This recording was deleted."


class RecordingDamaged(RegisterError):
    code = "recording_damaged"
    words = "This recording cannot be read."


class RecordingOff(RegisterError):
    code = "recording_off"
    words = "Nothing is recorded in this installation. An admin can allow it: REACHBACK_RECORDING=on-demand."


class RecordingAlways(RegisterError):
    code = "recording_always"
    words = "Every session is recorded in this installation. An admin can change that: REACHBACK_RECORDING."


class BadSetting(RegisterError):
    code = "bad_setting"


class WrongRevision(RegisterError):
    code = "wrong_revision"
