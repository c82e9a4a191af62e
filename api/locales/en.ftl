# Words of the panel, English. The same keys stand in ro.ftl. `$n` is a count and `$p` its plural
# (one, other), `$x` is a word.

skip = Skip to content
navigation = Navigation
preferences = Language and theme
theme-light = Use the light theme
theme-dark = Use the dark theme
theme-auto = Use the system's theme
vendors = Vendors
vendor = Vendor
installation = Whole installation
role = Role
roles = Roles
role-viewer = Viewer
role-operator = Operator
role-owner = Owner
actions = Actions
pages = Pages
next-page = Next page
live = Live
live-off = Not live

nav-overview = Overview
nav-account = My account

month-1 = Jan
month-2 = Feb
month-3 = Mar
month-4 = Apr
month-5 = May
month-6 = Jun
month-7 = Jul
month-8 = Aug
month-9 = Sep
month-10 = Oct
month-11 = Nov
month-12 = Dec
duration-seconds = { $n } s
duration-minutes = { $n } min
duration-hours = { $n } h
duration-days = { $p ->
    [one] { $n } day
   *[other] { $n } days
}
ago = { $x } ago
ago-now = just now
until = in { $x }
overdue = { $x } overdue

sign-in = Sign in
sign-out = Sign out
sign-in-title = Sign in to Vortex
sign-in-intro = Your shop's catalogue, stock, orders and parcels, kept in step.
sign-in-help = No log-in yet, or the password is lost? Ask whoever runs your Vortex for a one-time link.
sign-in-wrong = Log-in and password do not fit together. Check both and try again.
sign-in-closed = Too many attempts. Try again in { $x }; the right password works then.
login = Log-in
password = Password
password-new = New password
password-again = New password again
password-current = Current password
password-change = Change password
password-rule = At least 12 characters, without your log-in. A sentence is a good password.
password-short = The new password needs at least 12 characters.
password-long = The new password is too long; 512 bytes are the most.
password-login = The new password must not contain your log-in.
password-differs = The two new passwords differ.
password-current-wrong = The current password is not right.
welcome-title = Welcome to Vortex
welcome-intro = Choose a password for { $x }. This link works once.
welcome-set = Set password and sign in

sessions = Where you are signed in
sessions-end-all = Sign out everywhere
sessions-end-all-sure = Sign out everywhere, here too?
session-own = this one
session-opened = Signed in
session-seen = Last used
session-end = Sign out
browser = Browser
address = Address
flash-password-set = Your password is changed. All other browsers are signed out.
flash-session-ended = That browser is signed out.

failure-title-invalid = We do not understand this request
failure-title-unauthorized = Please sign in
failure-title-forbidden = Your role does not allow this
failure-title-forged = This page is out of date
failure-title-not-found = There is nothing here
failure-title-method-not-allowed = This page does not take that
failure-title-timeout = That took too long
failure-title-conflict = This does not fit the present state
failure-title-too-large = That is too large
failure-title-unsupported-media-type = We do not understand this format
failure-title-unprocessable = This cannot be done as asked
failure-title-headers-too-large = The request is too large
failure-title-too-many-requests = Too many requests
failure-title-unavailable = Not possible right now
failure-title-internal = Something failed on our side
failure-next-invalid = Go back, check what you typed and send it again.
failure-next-unauthorized = Sign in and try again.
failure-next-forbidden = Ask an owner of this vendor to do it, or to give you the role.
failure-next-forged = Load the page again and repeat what you did. Nothing was changed.
failure-next-not-found = The address may be mistyped, or it belongs to somebody whose data you may not see.
failure-next-method-not-allowed = Go back and use the buttons of the page.
failure-next-timeout = It may have been done all the same: look at the page before you repeat it.
failure-next-conflict = Load the page again: somebody, or the engine, may have been faster.
failure-next-too-large = Send less at a time.
failure-next-unsupported-media-type = Use one of the formats that the page names.
failure-next-unprocessable = Correct what is named below and try again.
failure-next-headers-too-large = Delete this site's cookies and sign in again.
failure-next-too-many-requests = Wait a moment and try again.
failure-next-unavailable = Nothing was lost. Try again in a moment.
failure-next-internal = Nothing was lost. Try again; if it stays, tell whoever runs your Vortex the time and the page.
failure-wait = Wait { $p ->
    [one] { $n } second
   *[other] { $n } seconds
}.
failure-home = To the first page

flows = The six flows
node-erp = source of truth
node-channel = marketplace
node-courier = courier
lane-catalogue = Catalogue and prices
lane-stock = Stock
lane-orders = Orders
lane-invoices = Invoices
lane-shipping = Waybills
lane-tracking = Tracking
lane-state-good = in step
lane-state-busy = running
lane-state-late = late
lane-state-bad = stopped
lane-state-idle = starting
lane-last = Last time that it did its whole job
lane-last-short = done
lane-never = has not run yet
lane-next = Next start by itself
lane-next-short = next in
lane-looked-at = { $n } looked at
lane-changed = { $p ->
    [one] { $n } change
   *[other] { $n } changes
}
lane-queue = { $n } waiting
lane-oldest = oldest

needs = Needs you
needs-all = { $p ->
    [one] { $n } case
   *[other] All { $n } cases
}
needs-nothing = Nothing needs you
needs-nothing-why = Every order, article and parcel goes its way by itself.
who-merchant = for you
who-operator = for operations
blocks = { $p ->
    [one] blocks { $n } entry
   *[other] blocks { $n } entries
}
deadline = deadline
since = raised

today = Today
all-orders = All orders
orders-word = { $p ->
    [one] order
   *[other] orders
}
orders-count = { $p ->
    [one] { $n } order
   *[other] { $n } orders
}
orders-none = No orders yet. They appear here as soon as CDON has one.
stage-arrived = arrived
stage-held = needs you
stage-ready = ready to book
stage-sending = being booked
stage-imported = being checked
stage-unknown = looking it up
stage-booked = in WinMentor
stage-closed = closed

chart-hours = Orders in the last 24 hours
chart-days = Orders in the last 30 days
chart-24h-ago = 24 h ago
chart-30d-ago = 30 days ago
chart-now = now
chart-today = today

nav-access = Access
name = Name
made = Made
tokens = API tokens
tokens-none = No token yet. One lets a program read or act in this vendor's name.
token-new = New token
token-make = Make token
token-made = Token { $x } is made
token-once = It is shown this once only. Copy it to a safe place now.
token-name-rule = 1 to 40 letters, digits, - _ . @; journal and audit trail call it by this name.
token-revoke = Revoke
token-revoke-sure = Revoke token { $x }? Whatever uses it stops working at once.
token-revoked = revoked
flash-token-revoked = Token { $x } counts no more.
members = People
members-none = Nobody has a role on this vendor alone; those of the whole installation see it.
acts = What people and tokens did
acts-why = Appended only; each entry is sealed to the one before it, so that nothing can be edited or removed unnoticed.
acts-none = Nothing yet.
when = When
who = Who
what = What
to-what = To what
change = Change
outcome = Outcome
outcome-done = done
outcome-asked = end unknown
outcome-forbidden = refused: role
outcome-not-found = refused: not found
outcome-conflict = refused: does not fit
outcome-unprocessable = refused: not possible
outcome-unavailable = not possible then
act-tokens = makes a token
act-tokens-revoke = revokes a token
act-tokens-delete = revokes a token
act-sync = starts a flow
act-attention-retry = tries again
act-attention-settled = marks as settled
act-attention-approve = approves a mass change
act-attention-book-anyway = books although stock is short
act-attention-recreate = creates the document again
act-attention-mint-again = mints the waybill again
act-orders-ship = ships an order
act-orders-cancel = cancels an order
act-orders-returns = enters a return
act-returns-import = imports returns
act-returns-unmatched = settles a return without order
act-files-links = opens a file
act-content-put = uploads texts

nav-orders = Orders
nav-attention = Needs you
state = State
market = Market
order = Order
goods = Goods
pays = Buyer pays
placed = Placed
deadline-head = Deadline
all-states = All states
all-markets = All markets
filter = Filter
nothing-found = Nothing found. Change what is asked for above.
orders-search = Order, document, waybill or invoice number
document-short = document { $x }
order-title = Order { $x }
in-short = In short
waits-for = Waits for
way = Its way
way-bought = Bought on CDON
way-checked = Goods held and amount checked
way-booked = In WinMentor
way-invoiced = Invoice
way-minted = Waybill and label
way-told = CDON knows that it was sent
way-delivered = Delivered
way-returned = Came back
way-cancelled = Cancelled
way-state-good = done
way-state-busy = under way
way-state-warn = needs you
way-state-bad = outcome unknown
way-state-idle = not yet
fact-order = CDON order { $x }
fact-seen = last seen on CDON { $x }
fact-rate = exchange rate { $x }
fact-document = document { $x }
fact-dated = dated { $x }
fact-read = WinMentor last read { $x }
fact-shown = CDON shows { $x }
channel-state-created = CDON: placed
channel-state-accepted = CDON: accepted by us
channel-state-fulfilled = CDON: sent
channel-state-not-fulfilled = CDON: cancelled
book-ready = Goes to WinMentor with the next booking.
book-sending = Is being written into WinMentor this moment.
book-imported = WinMentor said yes; we read it back before we believe it.
book-unknown = WinMentor gave no clear answer, so nobody knows whether it has the order. We send nothing again: we read WinMentor until the order is found, or surely not there. Do not enter it by hand.
book-proven = read back from WinMentor, once
invoice-waits = WinMentor has not invoiced it yet; we look by ourselves.
parcel-number = Parcel { $n }
parcel-waiting = waits for its waybill
parcel-held = held
parcel-minting = its waybill is being made this moment
parcel-unknown = DHL gave no clear answer, so nobody knows whether there is a waybill. We look it up again and again and make no second one.
parcel-undecided = DHL does not show a waybill, and cannot rule one out: a person decides
parcel-minted = has its waybill
parcel-moves = on its way
label-kept = label kept
waybill-spare = Waybill { $x } must not be used.
return-received = { $p ->
    [one] { $n } unit came back
   *[other] { $n } units came back
}
return-credited = { $p ->
    [one] { $n } unit credited in WinMentor
   *[other] { $n } units credited in WinMentor
}
buyer = Buyer
buyer-masked = Name, street and phone are masked.
buyer-why = Why do you need to see it?
buyer-rule = Name and reason of whoever looks stand in the audit trail.
buyer-show = Show the buyer
buyer-told = That you looked, and why, stands in the audit trail.
buyer-mask = Mask again
files = Label and papers
files-none = No file yet. Labels appear with the waybill, invoices when WinMentor has printed them.
file-label = Label
file-papers = Papers
file-invoice = Invoice
ship = Ship
ship-now = Ship now
ship-now-why = Makes the waybill as soon as the order may leave, whatever the rule says. Twice is harmless.
ship-by-hand = It was shipped by hand
ship-take-over = Take over this waybill
carrier = Carrier
waybill = Waybill number
parcel = Parcel
cancel = Cancel
cancel-do = Cancel the order on CDON
cancel-sure = Cancel this order on CDON? It cannot be taken back.
cancel-asked = Cancellation asked for
reason = Reason
history = History
do-retry = Try again
do-book-anyway = Book although stock is short
do-recreate = Create the document again
do-settled = Settled by hand
do-approve = Approve
do-mint-again = Mint the waybill again
do-sure-book-anyway = Book it although stock is short?
do-sure-recreate = Create the document in WinMentor again? Look first that it is really gone.
do-sure-settled = Mark as settled? What it warned of is taken as seen to.
do-sure-approve = Approve? It goes through once.
do-sure-mint-again = Mint a waybill? Look first that the courier has none for this parcel.
acts-by-itself = There is nothing to press here: once it is mended where the text says, we notice it by ourselves.
flash-ship = Order { $x } ships as soon as it may.
flash-cancel = CDON is told to cancel order { $x }.
flash-acted = { $p ->
    [one] { $n } entry goes on.
   *[other] { $n } entries go on.
}
act-orders-buyer = looks at a buyer
event-order-delivered = CDON showed the order
event-order-prepared = amounts checked, goods held
event-order-held = held
event-order-looked-at-again = looked at again
event-order-blocked = blocked
event-import-started = writing into WinMentor
event-import-answered = WinMentor said yes
event-import-refused = WinMentor refused
event-import-not-sent = did not leave for WinMentor
event-import-unanswered = WinMentor gave no clear answer
event-erp-read = read back from WinMentor
event-recovered = taken up again after a restart
event-person-retry = a person: try again
event-person-settled = a person: settled
event-person-ship = a person: ship now
event-person-cancel = a person: cancel
event-parcels-planned = parcels planned
event-minting-started = asking DHL for the waybill
event-waybill-minted = waybill and label are there
event-minting-refused = DHL refused
event-minting-not-sent = did not leave for DHL
event-minting-unanswered = DHL gave no clear answer
event-parcel-held = parcel held
event-waybill-looked-up = waybill looked up
event-parcel-scanned = parcel scanned
event-waybill-typed-in = waybill taken over
event-fulfil-refused = CDON does not take the tracking
event-cancel-refused = CDON does not cancel
event-invoices-read = invoices read
event-invoice-kept = invoice file kept
event-invoice-attached = invoice attached on CDON
event-return-entered = return entered
event-clock = time passed
event-article-read = article read from WinMentor
event-article-gone = article gone from WinMentor
event-stock-read = stock read from WinMentor
event-units-sold = units sold
event-units-held = units held for an order
event-units-freed = units freed
event-publish-started = sent to CDON
event-publish-not-sent = did not leave for CDON
event-publish-unanswered = CDON gave no clear answer
event-publish-answered = CDON took it for processing
event-publish-decided = verdict of CDON
event-nothing-to-publish = nothing to send
event-channel-read = read back from CDON

nav-products = Products
products-search = SKU begins with
products-none = No article has been read from WinMentor yet.
article = Article
article-gone = gone from WinMentor
price-gross = Price with VAT
price-net = Price without VAT
price-buyer = Buyer sees
on-hand = On hand
on-cdon = On CDON
reserved = Reserved there
read = Read
not-read = Not read from WinMentor yet.
paused = paused
listed = listed on CDON
not-listed = not listed on CDON
problems-count = { $p ->
    [one] { $n } cause
   *[other] { $n } causes
}
sync-now = Sync now
sync-what = What to sync
sync-stock = Stock
sync-catalog = Article and price
sync-reconcile = What CDON shows
erp-says = WinMentor says
cdon-told = CDON was told
class = Class
producer = Producer
held-for = Held for orders
part-quantity = Quantity
part-prices = Prices
part-listing = Texts and images
prices-by-market = Prices by market
sent-at = Sent
facet-none = not sent
facet-sent = sent
facet-accepted = accepted
facet-seen = seen
facet-refused = refused
answer-sent = sent
answer-taken = being processed
answer-accepted = accepted
answer-seen = seen on CDON
answer-differs = CDON shows something else
answer-refused = refused
answer-unknown = outcome unknown, sent again
answer-not-sent = did not leave, sent again
why-head = Why
why-picture = From what is on hand to what CDON was told, step by step
term-on-hand = on hand
term-reserved = reserved
term-ours = orders
term-buffer = safety
term-cap = limit
term-published = told
flash-synced = { $p ->
    [one] Done: { $n } change.
   *[other] Done: { $n } changes.
}
flash-sync-goes-on = It takes longer and goes on by itself: { $x }.
flash-sync-stopped = It stopped: { $x }

nav-activity = Activity
subject = Subject
subject-key = Its number, SKU or name
everything = Everything
kind-order = Order
kind-sku = Article
kind-connection = Connection
kind-pickup = Collection
from-day = From
to-day = Until
take-away = Take it away
take-away-why = What is filtered above, newest first, at most { $n } entries.

nav-invoices = Invoices
nav-returns = Returns
nav-rates = Exchange rates
month = Month
invoices-zip = All of this month
invoices-none = No invoice of this month is kept. They come from WinMentor by themselves.
document = Document
dated = Dated
total = Total
storno = storno
download = Download
return-open = Waiting for the storno
return-reconciled = Reconciled
return-unmatched = Fitting no order
returns-none = None here.
advised = Reported
received = Arrived
scrapped = Scrapped
credited = Credited
owed = Worth, without VAT
rates-none = No market with a currency of its own.
rate-stale = too old for new prices
rate-orders = Orders of today, RON for one
rate-prices = Prices of today, RON for one
published-on = Published
ron-per-unit = RON for one
source = Source
standing-used = counts
standing-held = waits for you
standing-refused = refused

nav-mapping = Mapping
mapping-version = Version { $n }
mapping-live = live
mapping-draft = Draft { $x }
mapping-differs = { $p ->
    [one] { $n } difference from the live mapping
   *[other] { $n } differences from the live mapping
}
mapping-mass = It may change more of the catalogue than the limit of mass changes
mapping-publish = Publish
mapping-publish-sure = Publish this draft? It is live at once.
mapping-revert = Go back to version { $n }
mapping-revert-sure = Go back? Its rules are live at once, as a new version.
mapping-to = Makes
mapping-from = From
mapping-steps = Steps
mapping-table = Table { $x }
mapping-rows = { $p ->
    [one] { $n } row
   *[other] { $n } rows
}
mapping-key = For
mapping-only = Only
mapping-value = Stands
mapping-otherwise = everything else
mapping-versions = Versions
mapping-drafts = Drafts
mapping-drafts-none = No draft. Drafts are saved through the API or the command line.
flash-mapping = Version { $n } is live.
act-mapping-versions-revert = goes back to a mapping
act-mapping-drafts-publish = publishes a mapping
