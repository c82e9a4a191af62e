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
since = de

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
