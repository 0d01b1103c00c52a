"""What the invented logistics platform "Quaymark" is about: thirty topics, each with its facts."""

from __future__ import annotations

from typing import NamedTuple


class Topic(NamedTuple):
    """One thing customers ask about. Every field is a phrase that fits the sentence templates of the other modules."""

    name: str
    menu: str
    action: str
    rule: str
    time: str
    plan: str
    cost: str
    remedy: str


_ROWS = """
proof of delivery|Shipments, Documents|Request signed copy|the carrier must have scanned the parcel at the door|
two hours|every plan|nothing|ask the depot to upload the driver's photo
address correction|Shipments, Edit|Correct address|the parcel must not have left the origin hub|
fifteen minutes|every plan|3.50 USD per parcel|recall the parcel and book it again
pickup scheduling|Pickups, Calendar|Book a slot|slots close at 16:00 local time on the day before|
one minute|every plan|nothing|choose the next free slot or call the depot
customs declaration|Cross-border, Declarations|New declaration|each line needs a tariff code and an origin country|
one working day|the Pro plan|12 USD per entry|correct the rejected line and submit again
carrier surcharge|Billing, Surcharges|Open details|surcharges follow the carrier's published weekly table|
seven days|every plan|what the carrier charges|open a dispute within thirty days
invoice dispute|Billing, Invoices|Dispute line|the invoice must be less than sixty days old|
five working days|every plan|nothing|attach the weight certificate and resend
rate card upload|Rates, Cards|Import file|the file needs one row per lane and weight band|
ten minutes|the Pro plan|nothing|download the error sheet and fix the marked rows
lane planning|Planning, Lanes|Add lane|origin and destination must both be active hubs|
one hour|the Pro plan|nothing|activate the missing hub first
dangerous goods|Compliance, Goods|Register item|the safety sheet must be in the language of the destination|
two working days|the Enterprise plan|45 USD per item|send the missing sheet to compliance
temperature alert|Monitoring, Cold chain|Set range|the logger must report at least every ten minutes|
one minute|the Enterprise plan|1.20 USD per logger and day|replace the battery and pair the logger again
delivery window|Shipments, Preferences|Choose window|windows are two hours long and start on the hour|
one minute|the Pro plan|2.00 USD per parcel|move the parcel to the next day
return label|Returns, Labels|Create label|the order must have been delivered less than ninety days ago|
one minute|every plan|the price of the lane|create a manual return and print the code
lost parcel claim|Claims, New claim|Report loss|the last scan must be older than five days|
ten working days|every plan|nothing|add the purchase invoice and reopen the claim
damage claim|Claims, New claim|Report damage|photos must show the outer carton and the label|
ten working days|every plan|nothing|upload sharper photos within seven days
webhook setup|Developers, Webhooks|Add endpoint|the endpoint must answer within five seconds|
five minutes|the Pro plan|nothing|replay the failed events from the log
API key rotation|Developers, Keys|Rotate key|the old key keeps working for one day|
one minute|the Pro plan|nothing|restore the old key and check the service account
user roles|Settings, Team|Edit role|only an owner can grant the billing role|
one minute|every plan|nothing|ask an owner of the workspace
single sign-on|Settings, Security|Connect provider|the domain must be verified by a text record|
one working day|the Enterprise plan|nothing|check the clock of the identity server
label printer|Settings, Devices|Pair printer|the printer and the station must share a network|
five minutes|every plan|nothing|install the current driver and restart the station
warehouse transfer|Inventory, Transfers|Start transfer|stock must be counted on both sides on the same day|
one working day|the Pro plan|nothing|cancel the transfer and count again
stock count|Inventory, Counts|Open count|bins stay locked while they are counted|
two hours|the Pro plan|nothing|unlock the bin and repeat the count
order import|Orders, Import|Upload file|every order needs a reference that was never used before|
ten minutes|every plan|nothing|remove the duplicate references and upload again
tracking page|Branding, Tracking|Edit page|logos must be smaller than one megabyte|
five minutes|the Pro plan|nothing|clear the preview and publish again
carrier cut-off|Carriers, Cut-offs|Change time|the depot must confirm an earlier hour|
one working day|every plan|nothing|book the express carrier for late parcels
fuel adjustment|Billing, Adjustments|Show formula|the index of the previous month is used|
thirty days|every plan|between 4 and 11 percent|compare the lane with the printed table
export manifest|Cross-border, Manifests|Close manifest|all parcels must be weighed before closing|
thirty minutes|the Pro plan|6 USD per manifest|reopen the manifest and remove the parcel
weight discrepancy|Billing, Weights|Compare weights|a difference below 200 grams is ignored|
three working days|every plan|nothing|send the packing photo with a ruler
payment method|Billing, Payment|Add card|the first charge is a check of 1 USD|
one minute|every plan|nothing|use a bank transfer for this invoice
data export|Settings, Data|Request export|exports hold at most one year of shipments|
two hours|the Pro plan|nothing|split the request into quarters
plan upgrade|Settings, Plan|Change plan|the change applies from the first day of the month|
one minute|every plan|the difference between the plans|write to billing before the month ends
"""

TOPICS = tuple(Topic(*row.split("|")) for row in _ROWS.strip().replace("|\n", "|").splitlines())
