### Pages at the end of a way: the error page, the page after logout, the page that answers a window.

error-title = Something went wrong
error-advice = Go back to the application and try again. If it happens again, tell the people who run it the reference below.
error-tracking = Reference
error-code = Error
error-rule = Rule
error-explained = Explained in
error-compared = What was compared

logged-out-title = You are signed out
# Programs look for this word: every language says it like this.
logged-out-word = OK

web-message-title = Signing in

form-post-title = Signing in
form-post-lead = If nothing happens, go on by hand.
form-post-submit = Continue

signed-out-heading = You are signed out
signed-out-lead = You can close this page.
still-signed-in-heading = You are still signed in
still-signed-in-lead = Nothing has changed. You can close this page.
