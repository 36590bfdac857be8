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
