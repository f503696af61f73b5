"""Every rule that may refuse a command: its stable code, its sentence, its ground in law.

To add a rule, add a line. The sentence is for the officer who acted; `{…}` are filled in.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple, NoReturn

from schemas.rejection import Rejected

DECREE_61 = "Nghị định 61/2018/NĐ-CP"
"""The government's decree on the one-stop and interlinked mechanism."""


LOCAL = timedelta(hours=7)
"""Asia/Ho_Chi_Minh, which has no summer time."""


class Rule(NamedTuple):
    sentence: str
    legal_basis: str | None = None


RULES: dict[str, Rule] = {
    # who
    "unknown-officer": Rule("Nobody with the code {officer} is in office on {day}."),
    "unknown-agency": Rule("There is no agency {agency} on {day}."),
    "wrong-agency": Rule("{agency} may not do this: it is for {expected}."),
    "wrong-role": Rule("This is for the role {expected}, which {officer} does not have."),
    "not-the-holder": Rule("{officer} does not hold the dossier: {holder} does."),
    "not-the-addressee": Rule("This handover is addressed to {expected}, not to {officer}."),
    "not-the-sender": Rule("Only {expected}, who offered it, may take this handover back."),
    "not-a-decider": Rule(
        "{officer} may not decide this: it takes who holds the dossier, or the role {expected} "
        "at an agency that has a part in it."
    ),
    "not-the-authority": Rule(
        "{officer} may not decide about the whole dossier: it takes the role {expected} at "
        "{agencies}."
    ),
    "works-elsewhere": Rule(
        "{officer} is of {agency}, which works in the engine of {house}: it acts there."
    ),
    "leg-elsewhere": Rule(
        "The leg {leg!r} is with {agency}, in the engine of {house}: until it comes back nothing "
        "can be done in it here."
    ),
    "answered-elsewhere": Rule("This handover is answered by {agency}, in the engine of {house}."),
    "offered-elsewhere": Rule(
        "This was offered in the engine of {house}: only there may it be taken back."
    ),
    "not-a-whole-leg": Rule(
        "{agency} works in the engine of {house}: a whole leg can be handed over to it, not step "
        "{step!r} alone."
    ),
    "given-back": Rule(
        "This was a leg of {code} of {house} and was given back; it is reopened there, if at all."
    ),
    "not-our-agency": Rule("{agency} does not work in this engine."),
    "not-from-elsewhere": Rule("This dossier did not come from another engine."),
    "only-a-rule": Rule("Nobody may do this by hand: the engine does it when the time is up."),
    "only-the-citizen": Rule("This is for the citizen alone, on the page for looking up."),
    "said-elsewhere": Rule(
        "This is a leg of {code} of {house}: the citizen is served there, and answered there."
    ),
    # what and when
    "unknown-dossier": Rule("There is no dossier {code}."),
    "command-id-reused": Rule(
        "This command id was used before for another command, or for this one in other words "
        "({code}, by {actor}); nothing was done. Take a new id."
    ),
    "stale": Rule(
        "The dossier is at version {now}, not at {expected}: look at what has changed, then "
        "decide again."
    ),
    "not-yet": Rule("{at} is later than now ({now}): what has not happened cannot be recorded."),
    "recorded-too-late": Rule(
        "What happened at {at} could be recorded within {within}, until {until}; it is {now} now. "
        "Record it as of a later moment, with a note of when it was really done."
    ),
    "no-such-leg": Rule("This dossier has no leg {leg!r}; it has: {legs}."),
    "no-such-step": Rule("This procedure has no work step {step!r}; it has: {known}."),
    "leg-ended": Rule("The leg {leg!r} has ended ({outcome}); nothing more can be done in it."),
    "dossier-ended": Rule("The dossier has ended ({outcome}); nothing more can be done with it."),
    "dossier-open": Rule("The dossier has not ended, so there is nothing to reopen."),
    "dossier-exists": Rule("The dossier {code} was received before."),
    "not-received": Rule("The dossier has not been received yet."),
    "dossier-suspended": Rule("The dossier is suspended; first it has to be resumed (act resume)."),
    "not-suspended": Rule("The dossier is not suspended, so there is nothing to resume."),
    "handover-in-transit": Rule(
        "The dossier is in transit to {agency}: before anything else that handover has to be "
        "accepted, refused or recalled, or to expire."
    ),
    "no-handover": Rule("No handover of this leg is waiting for an answer."),
    "handover-not-expired": Rule("The receiver may still answer this handover, until {until}."),
    "recall-asked": Rule(
        "The engine of {house} has been asked to give this handover back; it has not answered yet."
    ),
    "handover-answered": Rule("This handover was answered before: it cannot be taken back."),
    "not-the-handover": Rule(
        "Handover {handover} of leg {leg!r} is not with the engine of {house}."
    ),
    "handover-has-expired": Rule(
        "This handover expired on {until}; it goes back to {sender} (command alerts)."
    ),
    "clock-stopped": Rule(
        "The clock is stopped ({ground}); nothing can be done at step {step!r} until it resumes."
    ),
    "waiting-for-legs": Rule("Step {step!r} waits until these legs have ended: {legs}."),
    "act-not-possible": Rule("{act!r} is not possible at step {step!r}; possible: {possible}."),
    "no-branch": Rule("Nothing says where step {step!r} leads: give one of {expected}."),
    "time-backwards": Rule("{now} is before the last thing that happened to the dossier ({last})."),
    "unknown-fact": Rule("This procedure asks nothing about {fact!r}; it asks about: {known}."),
    "unknown-value": Rule("{fact} cannot be {value!r}; it is one of: {known}."),
    "nothing-chosen": Rule("Nothing was chosen for step {step!r}; say at least one of: {choices}."),
    "unknown-paper": Rule("{paper!r} is not one of the papers of this procedure: {known}."),
    "paper-not-offered": Rule("{paper!r} did not come with this handover; with it came: {known}."),
    "agency-unclear": Rule(
        "It is not clear who has to do this: {why}. Name the agency with the fact {function!r}."
    ),
    "nobody-with-role": Rule("{agency} has nobody with the role {role}, so nobody could take it."),
    "bad-limit": Rule("This is no time by which a date can be moved: {why}."),
    "nothing-attached": Rule("No file was handed in."),
    "no-content": Rule("The file of {paper!r} is not told by its SHA-256, its size and its type."),
    "not-over": Rule(
        "The dossier has not ended: what the citizen thinks of it is asked when it has."
    ),
    "rated-before": Rule("This dossier was rated before, and a rating is not changed."),
    "nothing-rated": Rule("Nothing was rated; rate at least one of: {known}."),
    "no-complaint": Rule(
        "No complaint number {complaint} waits for an answer; waiting: {waiting}."
    ),
    # procedure and receipt
    "procedure-unknown": Rule("There is no procedure {procedure}{version}."),
    "procedure-not-in-force": Rule(
        "Procedure {procedure} version {version} is not in force on {day} "
        "(in force {since} to {until})."
    ),
    "not-taken-online": Rule(
        "Procedure {procedure} version {version} is not handed in online: it is handed in at a "
        "desk, or by post."
    ),
    "procedure-differs": Rule(
        "The dossier was registered for procedure {registered}, not {procedure}."
    ),
    "desk-differs": Rule(
        "The dossier was registered at {registered}, which receives it, not at {agency}."
    ),
    "unknown-calendar": Rule("There is no working calendar {calendar}; there are: {known}."),
    "appointment-in-past": Rule("The appointment date {appointment} is not after today, {day}."),
    "appointment-too-late": Rule(
        "The appointment date {appointment} is after the last day of the limit, {due}."
    ),
    # clock
    "second-supplement": Rule(
        "More papers were asked for once already; a second request counts as overdue. Say so "
        "(counts_as_overdue=yes) to ask all the same.",
        DECREE_61,
    ),
    "supplement-not-expired": Rule("The citizen may still answer, until {until}."),
    "extension-too-late": Rule(
        "A new date has to be given at least one day before the appointment date {due}.",
        DECREE_61,
    ),
    "second-extension": Rule("The appointment date was moved once already.", DECREE_61),
    "no-answer-limit": Rule(
        "This procedure gives the citizen no last day for an answer, so none has passed. "
        "Refuse with a reason instead (act refuse)."
    ),
    "no-clock": Rule("The leg {leg!r} has no time limit of its own."),
    "clock-ended": Rule("The result is ready and the clock has ended ({verdict}): too late."),
    "posting-not-over": Rule("The posting runs until {until}."),
    "bad-amount": Rule(
        "An amount of {amount} đồng cannot have been paid: give one above 0 (amount=…), or none."
    ),
    # result
    "result-without-signature": Rule("The result has not been signed, so {act!r} must wait."),
    "return-before-result": Rule("There is no result to return yet: step {step!r} is not done."),
    "legs-still-open": Rule("These legs have not ended: {legs}."),
    "reason-needed": Rule("This needs a reason in writing (reason=…).", DECREE_61),
    "withdrawal-not-asked": Rule(
        "The citizen has not asked for the dossier back (act ask-withdrawal); to stop it all the "
        "same, name another ground."
    ),
}


class Refusal(Exception):
    """Raised inside of deciding; `decide` turns it into its answer."""

    def __init__(self, rejected: Rejected) -> None:
        super().__init__(rejected.message)
        self.rejected = rejected


def refuse(rule_code: str, /, **words: object) -> NoReturn:
    """Ends deciding: the rule with this code refuses the command."""
    raise Refusal(rejection(rule_code, **words))


def rejection(rule_code: str, /, **words: object) -> Rejected:
    """What the rule with this code answers when it refuses."""
    rule = RULES[rule_code]
    spoken = {name: _spoken(word) for name, word in words.items()}
    return Rejected(rule_code, rule.sentence.format(**spoken), rule.legal_basis)


def _spoken(word: object) -> object:
    """A moment as the officer's clock shows it; any other word as it is."""
    if not isinstance(word, datetime):
        return word
    return f"{word.astimezone(UTC) + LOCAL:%Y-%m-%d %H:%M}"
