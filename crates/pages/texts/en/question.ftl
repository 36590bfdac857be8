### The consent and the confirmation page.

# $client: the application's name. $api: the API's name.
consent-title = Allow { $client } to use your account?
consent-heading = Allow access?
consent-lead = { $client } would like to use your account.
consent-lead-api = { $client } would like to use { $api } for you.
consent-permissions = What it could do
consent-accept = Allow
consent-deny = Decline

confirmation-title = Continue to { $client }?
confirmation-heading = Continue to { $client }?
confirmation-lead = Go on only if you started this yourself.
confirmation-accept = Continue
confirmation-deny = Cancel

question-user = Signed in as
question-target = You will go to

# What the scopes of OpenID Connect let an application do.
scope-openid = Know who you are
scope-profile = See your profile: name, picture and the like
scope-email = See your email address
scope-address = See your postal address
scope-phone = See your phone number
scope-offline-access = Stay connected while you are away

# $tenant: the name of the house, as its settings give it.
logout-title = Sign out?
logout-heading = Sign out?
logout-lead = You will be signed out of { $tenant } in this browser, for all its applications.
logout-accept = Sign out
logout-deny = Stay signed in
