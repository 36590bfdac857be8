### Die Seiten für Zustimmung und Bestätigung.

# $client: der Name der Anwendung. $api: der Name der Schnittstelle.
consent-title = Darf { $client } Ihr Konto nutzen?
consent-heading = Zugriff erlauben?
consent-lead = { $client } möchte Ihr Konto nutzen.
consent-lead-api = { $client } möchte { $api } für Sie nutzen.
consent-permissions = Was damit möglich wird
consent-accept = Erlauben
consent-deny = Ablehnen

confirmation-title = Weiter zu { $client }?
confirmation-heading = Weiter zu { $client }?
confirmation-lead = Gehen Sie nur weiter, wenn Sie das selbst begonnen haben.
confirmation-accept = Weiter
confirmation-deny = Abbrechen

question-user = Angemeldet als
question-target = Es geht weiter zu

# Was die Scopes von OpenID Connect einer Anwendung erlauben.
scope-openid = Wissen, wer Sie sind
scope-profile = Ihr Profil sehen: Name, Bild und Ähnliches
scope-email = Ihre E-Mail-Adresse sehen
scope-address = Ihre Postanschrift sehen
scope-phone = Ihre Telefonnummer sehen
scope-offline-access = Verbunden bleiben, während Sie weg sind

# $tenant: der Name des Hauses, wie ihn seine Einstellungen nennen.
logout-title = Abmelden?
logout-heading = Abmelden?
logout-lead = Sie werden in diesem Browser bei { $tenant } abgemeldet, für alle Anwendungen.
logout-accept = Abmelden
logout-deny = Angemeldet bleiben
