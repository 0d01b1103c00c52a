"""Sentences of the trade: handbook chunks, questions, answers, scan events, tickets, drawn from templates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from . import tokens
from .topics import TOPICS, Topic

HUBS = ("north hub", "south hub", "harbour depot", "airport depot", "east hub", "west hub", "river depot", "border hub")
CARRIERS = ("Carrier Amber", "Carrier Birch", "Carrier Coral", "Carrier Dune")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
GOODS = ("pump valve", "cotton shirt", "ceramic tile", "bicycle frame", "office chair", "coffee bean", "LED panel")
REMARKS = ("on time", "late by 2 hours", "late by 1 day", "label damaged", "weight differs", "no remark", "no remark")
EVENTS = ("arrived at", "departed", "sorted at", "held at", "out for delivery from", "returned to", "delivered from")

FAQ_FORMS = (
    "Where do I find {t.name}?",
    "How long does {t.name} take?",
    "Why is {t.name} not available to me?",
    "What does {t.name} cost?",
    "What can I do if {t.name} fails?",
)
FAQ_ANSWERS = (
    "Open {t.menu} and press {t.action}. The button is grey until the condition is met: {t.rule}.",
    "It usually takes {t.time}. If it takes longer, you can {t.remedy}.",
    "It is offered on {t.plan}, and {t.rule}. If one of the two is missing, the button {t.action} stays grey.",
    "The cost is {t.cost}. It is offered on {t.plan}, and you start it under {t.menu} with {t.action}.",
    "Please {t.remedy}. If it fails a second time, open a ticket with the reference and the hour of the attempt.",
)
OWN_WORDS = (
    "hi, I tried {t.name} for shipment QM-{n} and it did not work, what now?",
    "our order QM-{n} needs {t.name}, who can start that and how long will it take?",
    "Since {day} the page for {t.name} shows error {e}. Is that known?",
    "We are a new customer ({e} parcels a week). Do we need {t.name}, and what would it cost us?",
    "Can I use {t.name} for a pallet of {n} kg that leaves the {hub} on {day}?",
)
DOCUMENT_SENTENCES = (
    "This page describes {t.name} as it works since release {v}.",
    "Open {t.menu} and press {t.action} to begin.",
    "Remember that {t.rule}.",
    "The usual time is {t.time}, counted from the moment the depot confirms.",
    "It is part of {t.plan}; the cost is {t.cost}.",
    "If something goes wrong, {t.remedy}.",
    "The {hub} handles these requests between 0{h}:00 and 1{h}:30 on working days.",
    "Requests that arrive after 1{h}:30 are handled on the next working day, before all others.",
    "{carrier} confirms within {e} minutes, the other carriers within two hours.",
    "A customer can keep up to {e} open requests at the same time; further requests wait in a queue.",
    "The history keeps every change with the name of the person, the hour and the reason for {e} days.",
    "Only a person with the role dispatcher or owner can approve a change once the label is printed.",
    "The notice goes to the address in Settings, Team, and to every webhook that listens for the event.",
    "For parcels above {e} kg the depot weighs again, and the higher weight counts.",
    "The report under Reports, Operations shows the same numbers with a delay of {h} hours.",
    "Parcels that cross a border stay in the state pending until the manifest is closed.",
    "A request without a reference is refused with error {e}; the message names the missing field.",
    "In the peak weeks of November and December the limits of the {hub} are doubled.",
    "A refund, where one is due, is part of the next invoice and is marked with the code R{e}.",
    "The test workspace behaves in the same way, but sends no notice and prints no label.",
)
QUESTIONS = (
    "How does {t.name} work at the {hub}?",
    "Who may approve {t.name}, and until when?",
    "What is the limit for {t.name}?",
    "Does {t.name} cost extra on our plan?",
    "What happens with {t.name} after 17:30?",
    "Which carrier confirms {t.name} first?",
)
LONG_QUESTIONS = (
    "We move from {carrier} to another carrier next month and use {t.name} every day at the {hub}. Please compare what "
    "changes for dispatchers, for billing and for the warehouse, which deadlines we must keep, and in which order "
    "we should do "
    "the steps so that nothing is billed twice. Our volume is {e} parcels a week and about a third of them cross a "
    "border.",
    "Our auditor asks how {t.name} is controlled. Describe who can start it, who can approve it, what is recorded "
    "and for how "
    "long, what happens when the condition is not met, and where the numbers can be checked afterwards. Please mark "
    "the points "
    "where the handbook leaves a decision to us, and explain what you would decide for {e} parcels a week.",
)
CHAT_OPENERS = (
    "Where is QM-{n} now?",
    "Shipment QM-{n} should have left the {hub} on {day}. What happened?",
    "What would {e} kg from the {hub} to the {hub2} cost with {carrier}?",
    "I need {t.name} for QM-{n}. How do I start?",
    "Good morning, is the {hub} open on {day}?",
)
CHAT_FOLLOW_UPS = (
    "And what about QM-{n}?",
    "OK. Can we still change that before {day}?",
    "Thanks. Who has to approve it?",
    "What does it cost if we send it with {carrier} instead?",
    "That does not match what the {hub} told us. They said {e} parcels are still there.",
    "Please check {t.name} as well.",
    "How long will that take?",
)
CHAT_HARD = (
    "Please make a plan for next week: {e} parcels from the {hub} to the {hub2}, half of them with {t.name}, "
    "{carrier} is full on "
    "{day}. Compare two alternatives by price, days in transit and risk, and tell me what has to be decided by whom "
    "and until "
    "when. Take into account that the {hub2} closes early on Friday and that our customer pays a penalty of {e} USD "
    "per late "
    "parcel, and show how the result changes if the volume is a fifth higher.",
    "Our invoice is {e} USD higher than last month although we shipped less. Go through the likely causes one after "
    "the other: "
    "surcharges, weights, lanes, returns and {t.name}. For each cause say how we can check it, which page shows it, "
    "how much it can "
    "plausibly explain, and what we should ask {carrier} for. Then put the causes in order and draft the message to "
    "the carrier.",
)
REPLY_SENTENCES = (
    "The last scan was at the {hub} on {day} at 1{h}:20.",
    "QM-{n} is on its way to the {hub2} and the next scan is due before 1{h}:00.",
    "{carrier} has confirmed {e} parcels for {day}.",
    "The price is {e}.40 USD for the lane from the {hub} to the {hub2}, without surcharges.",
    "You find this under {t.menu}; the button is {t.action}.",
    "Please note that {t.rule}.",
    "It usually takes {t.time}.",
    "The dispatcher of the {hub} has to approve the change.",
    "If that does not help, {t.remedy}.",
    "The {hub2} has room for {e} more parcels on {day}.",
    "Compared with {carrier} this saves about {h} percent, but it takes one day longer.",
    "The risk is the transfer at the {hub}, where {h} of 100 parcels missed the connection last month.",
    "I would decide this before {day} noon, because slots close in the afternoon.",
    "First move the parcels with a fixed window, then fill the rest of the truck by weight.",
    "The figure rests on the last {h} weeks and is an estimate.",
    "Ask the carrier for the weight certificate and the table of the week in question.",
)
REPORT_SENTENCES = (
    "Decide today whether the {e} parcels held at the {hub} leave with {carrier} or wait for the next truck.",
    "Delays rose to {h} in 100 parcels, most of them between the {hub} and the {hub2}.",
    "The likely cause is the late departure of {carrier} on {day}.",
    "Exceptions are dominated by damaged labels at the {hub}, {e} cases in all.",
    "Weight differences were reported for {e} parcels and should be checked before invoicing.",
    "Claims are stable; {h} were opened and {h} were closed.",
    "Costs per parcel moved by less than {h} percent against the week before.",
    "The {hub2} worked through its backlog and ended the day with {e} open parcels.",
    "Tomorrow the river depot opens two hours later, so early windows need a second look.",
    "Watch the lane to the {hub2}: a second late departure there would break the promise to {e} recipients.",
)
TICKET_LINES = (
    "Ticket {n}: customer cannot use {t.name}; the page says that {t.rule}. Agent advised to {t.remedy}. Customer "
    "content.",
    "Ticket {n}: question about the price of {t.name}. Agent answered {t.cost}. Customer content.",
    "Ticket {n}: {t.name} took longer than {t.time}. Agent asked the {hub}. Customer not content.",
    "Ticket {n}: parcel QM-{n} missing since {day}. Agent opened a claim with {carrier}. Customer waits.",
    "Ticket {n}: cannot find {t.name}. Agent named {t.menu}, {t.action}. Customer content.",
)
SUMMARY_SENTENCES = (
    "The most frequent problem was {t.name}, with {h} tickets.",
    "Most customers were content at the end, except those who waited for the {hub}.",
    "Second came questions about prices, {h} in all.",
    "Third came parcels that missed a scan at the {hub}.",
    "One customer waits for an answer from {carrier}.",
)


def fill(template: str, draw: Random, topic: Topic | None = None) -> str:
    """`template` with its slots drawn: references, hubs, days and amounts; {t.…} is `topic`, or any topic."""
    hub = draw.randrange(len(HUBS))
    return template.format(
        t=topic or draw.choice(TOPICS),
        n=draw.randrange(10_000, 100_000),
        e=draw.randrange(20, 900),
        h=draw.randrange(2, 9),
        v=draw.randrange(20, 60),
        day=draw.choice(WEEKDAYS),
        hub=HUBS[hub],
        hub2=HUBS[(hub + 3) % len(HUBS)],
        carrier=draw.choice(CARRIERS),
    )


def prose(sentences: Sequence[str], draw: Random, target: int, topic: Topic | None = None) -> str:
    """Sentences drawn until the text has about `target` tokens, never fewer. No template follows itself."""
    return _grow(lambda last: draw.choice([one for one in sentences if one != last]), draw, target, topic, " ")


def lines(templates: Sequence[str], draw: Random, target: int) -> str:
    """As `prose`, one sentence a line."""
    return _grow(lambda last: draw.choice(templates), draw, target, None, "\n")


def _grow(choose: Callable[[str], str], draw: Random, target: int, topic: Topic | None, glue: str) -> str:
    grown: list[str] = []
    size, last = 0, ""
    while size < target:
        last = choose(last)
        grown.append(fill(last, draw, topic))
        size += tokens.count(grown[-1])
    return glue.join(grown)


def scan_events(draw: Random, target: int) -> str:
    """A day's scan events, one a line in the order of the hour, about `target` tokens."""
    rows: list[str] = []
    size, minute, parcel = 0, 0, draw.randrange(10_000, 90_000)
    while size < target:
        minute += draw.randrange(1, 7)
        parcel += draw.randrange(1, 4)
        clock = f"{minute // 60 % 24:02d}:{minute % 60:02d}"
        rows.append(f"{clock} QM-{parcel} {draw.choice(EVENTS)} {draw.choice(HUBS)}, {draw.choice(REMARKS)}")
        size += tokens.count(rows[-1]) + 1
    return "\n".join(rows)


def freight_lines(draw: Random, number: int) -> str:
    """So many freight descriptions as a careless clerk writes them."""
    return "\n".join(
        f"{draw.randrange(1, 90)} ctn {draw.choice(GOODS)}s, used/new mixed, {draw.randrange(5, 900)} kg"
        for _ in range(number)
    )
