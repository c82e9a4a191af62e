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
since = since

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
