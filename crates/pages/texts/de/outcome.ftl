### Seiten am Ende eines Weges: Fehler, Abmeldung, Antwort an ein Fenster.

error-title = Etwas ist schiefgegangen
error-advice = Gehen Sie zurück zur Anwendung und versuchen Sie es noch einmal. Geschieht es wieder, nennen Sie deren Betreibern die Kennung unten.
error-tracking = Kennung
error-code = Fehler
error-rule = Regel
error-explained = Erklärt in
error-compared = Was verglichen wurde

logged-out-title = Sie sind abgemeldet
# Programme suchen dieses Wort: Es ist in jeder Sprache gleich.
logged-out-word = OK

web-message-title = Anmeldung

form-post-title = Anmeldung
form-post-lead = Wenn nichts geschieht, gehen Sie von Hand weiter.
form-post-submit = Weiter

signed-out-heading = Sie sind abgemeldet
signed-out-lead = Sie können diese Seite schließen.
still-signed-in-heading = Sie sind weiterhin angemeldet
still-signed-in-lead = Es hat sich nichts geändert. Sie können diese Seite schließen.
