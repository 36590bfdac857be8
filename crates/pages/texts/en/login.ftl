### The login page.

# $client: the application's name, as its owner gave it.
login-title = Sign in to { $client }
login-heading = Sign in
login-lead = to continue to { $client }

login-identifier = Email or username
login-password = Password
login-submit = Continue

login-wrong-credentials = Wrong email or password
login-too-many-attempts = Too many attempts. Please wait a little before you try again.
login-too-fast = Too many logins in a short time. Please wait a minute.
login-blocked = This account is blocked. Please ask for help where you got it.
login-incomplete = Please enter both your email or username and your password.
