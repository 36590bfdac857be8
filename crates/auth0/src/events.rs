/// Auth0's log event of a failed exchange of a grant.
#[must_use]
pub fn failure_event(grant_type: &str) -> &'static str {
    match grant_type {
        "authorization_code" => "feacft",
        "client_credentials" => "feccft",
        "refresh_token" => "fertft",
        _ => "feoobft",
    }
}
