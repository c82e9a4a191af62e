# Cuvintele panoului, în română. Aceleași chei ca în en.ftl. `$n` este un număr și
# `$p` pluralul lui (one, few, other), `$x` este un cuvânt.

skip = Sari la conținut
navigation = Navigare
preferences = Limbă și temă
theme-light = Folosește tema deschisă
theme-dark = Folosește tema închisă
theme-auto = Folosește tema sistemului
vendors = Comercianți
vendor = Comerciant
installation = Toată instalarea
role = Rol
roles = Roluri
role-viewer = Cititor
role-operator = Operator
role-owner = Proprietar
actions = Acțiuni
pages = Pagini
next-page = Pagina următoare
live = În direct
live-off = Nu este în direct

nav-overview = Privire de ansamblu
nav-account = Contul meu

month-1 = ian.
month-2 = feb.
month-3 = mar.
month-4 = apr.
month-5 = mai
month-6 = iun.
month-7 = iul.
month-8 = aug.
month-9 = sept.
month-10 = oct.
month-11 = nov.
month-12 = dec.
duration-seconds = { $n } s
duration-minutes = { $n } min
duration-hours = { $n } h
duration-days = { $p ->
    [one] o zi
    [few] { $n } zile
   *[other] { $n } de zile
}
ago = acum { $x }
ago-now = chiar acum
until = în { $x }
overdue = depășit cu { $x }

sign-in = Intră în cont
sign-out = Ieși din cont
sign-in-title = Intrați în Vortex
sign-in-intro = Catalogul, stocul, comenzile și coletele magazinului, mereu la zi.
sign-in-help = Nu aveți încă un cont sau ați pierdut parola? Cereți un link de unică folosință celui care administrează Vortex.
sign-in-wrong = Utilizatorul și parola nu se potrivesc. Verificați-le și încercați din nou.
sign-in-closed = Prea multe încercări. Reveniți în { $x }; parola corectă va funcționa atunci.
login = Utilizator
password = Parolă
password-new = Parola nouă
password-again = Parola nouă, încă o dată
password-current = Parola actuală
password-change = Schimbă parola
password-rule = Cel puțin 12 caractere, fără numele de utilizator. O propoziție este o parolă bună.
password-short = Parola nouă are nevoie de cel puțin 12 caractere.
password-long = Parola nouă este prea lungă; cel mult 512 octeți.
password-login = Parola nouă nu poate conține numele de utilizator.
password-differs = Cele două parole noi diferă.
password-current-wrong = Parola actuală nu este corectă.
welcome-title = Bine ați venit în Vortex
welcome-intro = Alegeți o parolă pentru { $x }. Linkul funcționează o singură dată.
welcome-set = Setează parola și intră

sessions = Unde sunteți conectat
sessions-end-all = Ieși de peste tot
sessions-end-all-sure = Ieșiți din toate browserele, și din acesta?
session-own = acesta
session-opened = Conectat la
session-seen = Ultima folosire
session-end = Deconectează
browser = Browser
address = Adresă
flash-password-set = Parola a fost schimbată. Toate celelalte browsere au fost deconectate.
flash-session-ended = Browserul a fost deconectat.

failure-title-invalid = Nu înțelegem cererea
failure-title-unauthorized = Intrați în cont
failure-title-forbidden = Rolul dumneavoastră nu permite acest lucru
failure-title-forged = Pagina nu mai este actuală
failure-title-not-found = Aici nu este nimic
failure-title-method-not-allowed = Pagina nu primește așa ceva
failure-title-timeout = A durat prea mult
failure-title-conflict = Nu se potrivește cu starea de acum
failure-title-too-large = Este prea mare
failure-title-unsupported-media-type = Nu înțelegem acest format
failure-title-unprocessable = Nu se poate face așa cum ați cerut
failure-title-headers-too-large = Cererea este prea mare
failure-title-too-many-requests = Prea multe cereri
failure-title-unavailable = Momentan nu se poate
failure-title-internal = Ceva nu a mers la noi
failure-next-invalid = Reveniți, verificați ce ați scris și trimiteți din nou.
failure-next-unauthorized = Intrați în cont și încercați din nou.
failure-next-forbidden = Rugați un proprietar al acestui comerciant să o facă sau să vă dea rolul.
failure-next-forged = Reîncărcați pagina și repetați. Nu s-a schimbat nimic.
failure-next-not-found = Adresa poate fi greșită sau ține de cineva ale cărui date nu le puteți vedea.
failure-next-method-not-allowed = Reveniți și folosiți butoanele paginii.
failure-next-timeout = E posibil să se fi făcut totuși: verificați pagina înainte de a repeta.
failure-next-conflict = Reîncărcați pagina: cineva, sau sistemul, poate a fost mai rapid.
failure-next-too-large = Trimiteți mai puțin o dată.
failure-next-unsupported-media-type = Folosiți unul dintre formatele numite pe pagină.
failure-next-unprocessable = Corectați ce este numit mai jos și încercați din nou.
failure-next-headers-too-large = Ștergeți cookie-urile acestui site și intrați din nou în cont.
failure-next-too-many-requests = Așteptați puțin și încercați din nou.
failure-next-unavailable = Nu s-a pierdut nimic. Încercați din nou peste câteva clipe.
failure-next-internal = Nu s-a pierdut nimic. Încercați din nou; dacă persistă, spuneți ora și pagina celui care administrează Vortex.
failure-wait = Așteptați { $p ->
    [one] o secundă
    [few] { $n } secunde
   *[other] { $n } de secunde
}.
failure-home = La prima pagină

flows = Cele șase fluxuri
node-erp = sursa adevărului
node-channel = piața online
node-courier = curierul
lane-catalogue = Catalog și prețuri
lane-stock = Stoc
lane-orders = Comenzi
lane-invoices = Facturi
lane-shipping = AWB-uri
lane-tracking = Urmărire
lane-state-good = la zi
lane-state-busy = rulează
lane-state-late = întârziat
lane-state-bad = oprit
lane-state-idle = pornește
lane-last = Ultima dată când și-a făcut toată treaba
lane-last-short = gata
lane-never = încă nu a rulat
lane-next = Următoarea pornire de la sine
lane-next-short = urmează în
lane-looked-at = { $p ->
    [one] { $n } verificat
    [few] { $n } verificate
   *[other] { $n } verificate
}
lane-changed = { $p ->
    [one] o schimbare
    [few] { $n } schimbări
   *[other] { $n } de schimbări
}
lane-queue = { $n } în așteptare
lane-oldest = cea mai veche

needs = Vă așteaptă
needs-all = { $p ->
    [one] un caz
    [few] Toate cele { $n } cazuri
   *[other] Toate cele { $n } de cazuri
}
needs-nothing = Nimic nu vă așteaptă
needs-nothing-why = Fiecare comandă, articol și colet își urmează singur drumul.
who-merchant = pentru dumneavoastră
who-operator = pentru administrator
blocks = { $p ->
    [one] blochează o poziție
    [few] blochează { $n } poziții
   *[other] blochează { $n } de poziții
}
deadline = termen
since = apărut

today = Astăzi
all-orders = Toate comenzile
orders-word = { $p ->
    [one] comandă
    [few] comenzi
   *[other] de comenzi
}
orders-count = { $p ->
    [one] o comandă
    [few] { $n } comenzi
   *[other] { $n } de comenzi
}
orders-none = Încă nu sunt comenzi. Apar aici imediat ce CDON are una.
stage-arrived = sosită
stage-held = vă așteaptă
stage-ready = gata de înregistrat
stage-sending = se înregistrează
stage-imported = se verifică
stage-unknown = o căutăm
stage-booked = în WinMentor
stage-closed = închisă

chart-hours = Comenzi în ultimele 24 de ore
chart-days = Comenzi în ultimele 30 de zile
chart-24h-ago = acum 24 h
chart-30d-ago = acum 30 de zile
chart-now = acum
chart-today = astăzi

nav-access = Acces
name = Nume
made = Creat
tokens = Tokenuri API
tokens-none = Încă nu există niciun token. Cu unul, un program poate citi sau acționa în numele comerciantului.
token-new = Token nou
token-make = Creează tokenul
token-made = Tokenul { $x } a fost creat
token-once = Este afișat doar acum. Copiați-l imediat într-un loc sigur.
token-name-rule = 1 până la 40 de litere, cifre, - _ . @; jurnalul îl numește astfel.
token-revoke = Revocă
token-revoke-sure = Revocați tokenul { $x }? Ce îl folosește se oprește imediat.
token-revoked = revocat
flash-token-revoked = Tokenul { $x } nu mai este valabil.
members = Persoane
members-none = Nimeni nu are rol doar la acest comerciant; cei cu rol pe toată instalarea îl văd.
acts = Ce au făcut persoanele și tokenurile
acts-why = Doar se adaugă; fiecare intrare este sigilată de cea dinainte, astfel încât nimic nu poate fi modificat sau șters neobservat.
acts-none = Încă nimic.
when = Când
who = Cine
what = Ce
to-what = La ce
change = Schimbare
outcome = Rezultat
outcome-done = făcut
outcome-asked = final necunoscut
outcome-forbidden = refuzat: rol
outcome-not-found = refuzat: nu există
outcome-conflict = refuzat: nu se potrivește
outcome-unprocessable = refuzat: nu se poate
outcome-unavailable = nu s-a putut atunci
act-tokens = creează un token
act-tokens-revoke = revocă un token
act-tokens-delete = revocă un token
act-sync = pornește un flux
act-attention-retry = reia
act-attention-settled = marchează ca rezolvat
act-attention-approve = aprobă o schimbare în masă
act-attention-book-anyway = înregistrează deși stocul nu ajunge
act-attention-recreate = creează din nou documentul
act-attention-mint-again = emite din nou AWB-ul
act-orders-ship = expediază o comandă
act-orders-cancel = anulează o comandă
act-orders-returns = introduce un retur
act-returns-import = importă retururi
act-returns-unmatched = rezolvă un retur fără comandă
act-files-links = deschide un fișier
act-content-put = încarcă texte

nav-orders = Comenzi
nav-attention = Vă așteaptă
state = Stare
market = Piață
order = Comandă
goods = Marfă
pays = Plătește
placed = Plasată
deadline-head = Termen
all-states = Toate stările
all-markets = Toate piețele
filter = Filtrează
nothing-found = Nimic găsit. Schimbați ce ați cerut mai sus.
orders-search = Număr de comandă, document, AWB sau factură
document-short = documentul { $x }
order-title = Comanda { $x }
in-short = Pe scurt
waits-for = Așteaptă
way = Drumul ei
way-bought = Cumpărată pe CDON
way-checked = Marfă reținută, sumă verificată
way-booked = În WinMentor
way-invoiced = Factură
way-minted = AWB și etichetă
way-told = CDON știe că a plecat
way-delivered = Livrată
way-returned = S-a întors
way-cancelled = Anulată
way-state-good = făcut
way-state-busy = în curs
way-state-warn = vă așteaptă
way-state-bad = rezultat necunoscut
way-state-idle = încă nu
fact-order = comanda CDON { $x }
fact-seen = văzută ultima dată pe CDON { $x }
fact-rate = curs { $x }
fact-document = documentul { $x }
fact-dated = din { $x }
fact-read = WinMentor citit ultima dată { $x }
fact-shown = CDON arată { $x }
channel-state-created = CDON: plasată
channel-state-accepted = CDON: acceptată de noi
channel-state-fulfilled = CDON: expediată
channel-state-not-fulfilled = CDON: anulată
book-ready = Ajunge în WinMentor la următoarea înregistrare.
book-sending = Se scrie chiar acum în WinMentor.
book-imported = WinMentor a spus da; o citim înapoi înainte să credem.
book-unknown = WinMentor nu a răspuns clar, deci nu se știe dacă are comanda. Nu trimitem nimic din nou: citim WinMentor până când comanda este găsită sau sigur lipsește. Nu o introduceți manual.
book-proven = citită înapoi din WinMentor, o singură dată
invoice-waits = WinMentor nu a facturat-o încă; verificăm singuri.
parcel-number = Coletul { $n }
parcel-waiting = își așteaptă AWB-ul
parcel-held = oprit
parcel-minting = AWB-ul se emite chiar acum
parcel-unknown = DHL nu a răspuns clar, deci nu se știe dacă există un AWB. Îl căutăm mereu și nu emitem al doilea.
parcel-undecided = DHL nu arată un AWB, dar nici nu îl poate exclude: hotărăște un om
parcel-minted = are AWB
parcel-moves = pe drum
label-kept = etichetă păstrată
waybill-spare = AWB-ul { $x } nu trebuie folosit.
return-received = { $p ->
    [one] s-a întors o bucată
    [few] s-au întors { $n } bucăți
   *[other] s-au întors { $n } de bucăți
}
return-credited = { $p ->
    [one] o bucată stornată în WinMentor
    [few] { $n } bucăți stornate în WinMentor
   *[other] { $n } de bucăți stornate în WinMentor
}
buyer = Cumpărător
buyer-masked = Numele, strada și telefonul sunt mascate.
buyer-why = De ce trebuie să vedeți datele?
buyer-rule = Numele celui care se uită și motivul rămân în registrul de audit.
buyer-show = Arată cumpărătorul
buyer-told = Că v-ați uitat, și de ce, stă în registrul de audit.
buyer-mask = Maschează din nou
files = Etichetă și acte
files-none = Încă niciun fișier. Etichetele apar odată cu AWB-ul, facturile când le-a tipărit WinMentor.
file-label = Etichetă
file-papers = Acte
file-invoice = Factură
ship = Expediere
ship-now = Expediază acum
ship-now-why = Emite AWB-ul imediat ce comanda poate pleca, orice ar spune regula. De două ori nu strică.
ship-by-hand = A fost expediată manual
ship-take-over = Preia acest AWB
carrier = Curier
waybill = Număr AWB
parcel = Colet
cancel = Anulare
cancel-do = Anulează comanda pe CDON
cancel-sure = Anulați comanda pe CDON? Nu se mai poate reveni.
cancel-asked = Anulare cerută
reason = Motiv
history = Istoric
do-retry = Încearcă din nou
do-book-anyway = Înregistrează deși stocul nu ajunge
do-recreate = Creează din nou documentul
do-settled = Rezolvat manual
do-approve = Aprobă
do-mint-again = Emite din nou AWB-ul
do-sure-book-anyway = Înregistrați deși stocul nu ajunge?
do-sure-recreate = Creați din nou documentul în WinMentor? Verificați întâi că lipsește cu adevărat.
do-sure-settled = Marcați ca rezolvat? Ce semnala se consideră lămurit.
do-sure-approve = Aprobați? Trece o singură dată.
do-sure-mint-again = Emiteți un AWB? Verificați întâi că DHL nu are unul pentru acest colet.
acts-by-itself = Aici nu este nimic de apăsat: după ce se rezolvă unde spune textul, observăm singuri.
flash-ship = Comanda { $x } pleacă imediat ce poate.
flash-cancel = CDON primește anularea comenzii { $x }.
flash-acted = { $p ->
    [one] O poziție merge mai departe.
    [few] { $n } poziții merg mai departe.
   *[other] { $n } de poziții merg mai departe.
}
act-orders-buyer = se uită la un cumpărător
event-order-delivered = CDON a arătat comanda
event-order-prepared = sume verificate, marfă reținută
event-order-held = oprită
event-order-looked-at-again = verificată din nou
event-order-blocked = blocată
event-import-started = se scrie în WinMentor
event-import-answered = WinMentor a spus da
event-import-refused = WinMentor a refuzat
event-import-not-sent = nu a plecat spre WinMentor
event-import-unanswered = WinMentor nu a răspuns clar
event-erp-read = citită înapoi din WinMentor
event-recovered = reluată după o repornire
event-person-retry = un om: din nou
event-person-settled = un om: rezolvat
event-person-ship = un om: expediază acum
event-person-cancel = un om: anulează
event-parcels-planned = colete planificate
event-minting-started = se cere AWB-ul la DHL
event-waybill-minted = AWB și etichetă primite
event-minting-refused = DHL a refuzat
event-minting-not-sent = nu a plecat spre DHL
event-minting-unanswered = DHL nu a răspuns clar
event-parcel-held = colet oprit
event-waybill-looked-up = AWB căutat
event-parcel-scanned = colet scanat
event-waybill-typed-in = AWB preluat
event-fulfil-refused = CDON nu primește numărul de urmărire
event-cancel-refused = CDON nu anulează
event-invoices-read = facturi citite
event-invoice-kept = fișierul facturii păstrat
event-invoice-attached = factură atașată pe CDON
event-return-entered = retur introdus
event-clock = a trecut timp
event-article-read = articol citit din WinMentor
event-article-gone = articol dispărut din WinMentor
event-stock-read = stoc citit din WinMentor
event-units-sold = bucăți vândute
event-units-held = bucăți reținute pentru o comandă
event-units-freed = bucăți eliberate
event-publish-started = trimis la CDON
event-publish-not-sent = nu a plecat spre CDON
event-publish-unanswered = CDON nu a răspuns clar
event-publish-answered = CDON a preluat spre procesare
event-publish-decided = verdictul CDON
event-nothing-to-publish = nimic de trimis
event-channel-read = citit înapoi de pe CDON

nav-products = Produse
products-search = SKU-ul începe cu
products-none = Încă nu a fost citit niciun articol din WinMentor.
article = Articol
article-gone = dispărut din WinMentor
price-gross = Preț cu TVA
price-net = Preț fără TVA
price-buyer = Vede cumpărătorul
on-hand = În stoc
on-cdon = Pe CDON
reserved = Rezervat acolo
read = Citit
not-read = Încă necitit din WinMentor.
paused = în pauză
listed = listat pe CDON
not-listed = nelistat pe CDON
problems-count = { $p ->
    [one] o cauză
    [few] { $n } cauze
   *[other] { $n } de cauze
}
sync-now = Sincronizează acum
sync-what = Ce se sincronizează
sync-stock = Stoc
sync-catalog = Articol și preț
sync-reconcile = Ce arată CDON
erp-says = WinMentor spune
cdon-told = CDON a primit
class = Clasă
producer = Producător
held-for = Reținut pentru comenzi
part-quantity = Cantitate
part-prices = Prețuri
part-listing = Texte și imagini
prices-by-market = Prețuri pe piețe
sent-at = Trimis
facet-none = netrimis
facet-sent = trimis
facet-accepted = acceptat
facet-seen = văzut
facet-refused = refuzat
answer-sent = trimis
answer-taken = în procesare
answer-accepted = acceptat
answer-seen = văzut pe CDON
answer-differs = CDON arată altceva
answer-refused = refuzat
answer-unknown = rezultat necunoscut, se retrimite
answer-not-sent = nu a plecat, se retrimite
why-head = De ce
why-picture = De la ce este în stoc la ce a primit CDON, pas cu pas
term-on-hand = în stoc
term-reserved = rezervat
term-ours = comenzi
term-buffer = siguranță
term-cap = limită
term-published = trimis
flash-synced = { $p ->
    [one] Gata: o schimbare.
    [few] Gata: { $n } schimbări.
   *[other] Gata: { $n } de schimbări.
}
flash-sync-goes-on = Durează mai mult și continuă singur: { $x }.
flash-sync-stopped = S-a oprit: { $x }

nav-activity = Activitate
subject = Subiect
subject-key = Numărul, SKU-ul sau numele lui
everything = Totul
kind-order = Comandă
kind-sku = Articol
kind-connection = Conexiune
kind-pickup = Ridicare
from-day = Din
to-day = Până în
take-away = Descarcă
take-away-why = Ce este filtrat mai sus, cele mai noi întâi, cel mult { $n } intrări.

nav-invoices = Facturi
nav-returns = Retururi
nav-rates = Cursuri valutare
month = Luna
invoices-zip = Toate din această lună
invoices-none = Nicio factură păstrată din această lună. Vin singure din WinMentor.
document = Document
dated = Data
total = Total
storno = storno
download = Descarcă
return-open = Așteaptă stornarea
return-reconciled = Lămurite
return-unmatched = Fără comandă
returns-none = Aici nu este niciunul.
advised = Anunțate
received = Sosite
scrapped = Casate
credited = Stornate
owed = Valoare fără TVA
rates-none = Nicio piață cu monedă proprie.
rate-stale = prea vechi pentru prețuri noi
rate-orders = Comenzile de azi, lei pentru o unitate
rate-prices = Prețurile de azi, lei pentru o unitate
published-on = Publicat
ron-per-unit = Lei pentru o unitate
source = Sursă
standing-used = se folosește
standing-held = vă așteaptă
standing-refused = refuzat

nav-mapping = Mapare
mapping-version = Versiunea { $n }
mapping-live = în vigoare
mapping-draft = Ciorna { $x }
mapping-differs = { $p ->
    [one] o diferență față de maparea în vigoare
    [few] { $n } diferențe față de maparea în vigoare
   *[other] { $n } de diferențe față de maparea în vigoare
}
mapping-mass = Poate schimba mai mult din catalog decât limita schimbărilor în masă
mapping-publish = Publică
mapping-publish-sure = Publicați ciorna? Intră imediat în vigoare.
mapping-revert = Înapoi la versiunea { $n }
mapping-revert-sure = Reveniți? Regulile ei intră imediat în vigoare, ca versiune nouă.
mapping-to = Face
mapping-from = Din
mapping-steps = Pași
mapping-table = Tabelul { $x }
mapping-rows = { $p ->
    [one] un rând
    [few] { $n } rânduri
   *[other] { $n } de rânduri
}
mapping-key = Pentru
mapping-only = Doar
mapping-value = Stă
mapping-otherwise = orice altceva
mapping-versions = Versiuni
mapping-drafts = Ciorne
mapping-drafts-none = Nicio ciornă. Ciornele se salvează prin API sau din linia de comandă.
flash-mapping = Versiunea { $n } este în vigoare.
act-mapping-versions-revert = revine la o mapare
act-mapping-drafts-publish = publică o mapare
