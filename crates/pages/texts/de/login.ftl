### Die Anmeldeseite.

# $client: der Name der Anwendung, wie ihr Betreiber ihn angibt.
login-title = Bei { $client } anmelden
login-heading = Anmelden
login-lead = und weiter zu { $client }

login-identifier = E-Mail oder Benutzername
login-password = Passwort
login-submit = Weiter

login-wrong-credentials = E-Mail oder Passwort ist falsch
login-too-many-attempts = Zu viele Versuche. Bitte warten Sie ein wenig, bevor Sie es noch einmal versuchen.
login-too-fast = Zu viele Anmeldungen in kurzer Zeit. Bitte warten Sie eine Minute.
login-blocked = Dieses Konto ist gesperrt. Bitte fragen Sie dort nach, wo Sie es bekommen haben.
login-incomplete = Bitte geben Sie E-Mail oder Benutzername und das Passwort ein.
