use super::*;

#[test]
fn rate_limits_are_off_in_development_unless_somebody_asks_for_them() {
    let limits = |variables: &[(&str, &str)]| {
        let environment = Environment::of(variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
        configure(&DevOptions::default(), &Overrides::new(), &environment).unwrap().rate_limits
    };
    for quiet in [limits(&[]), limits(&[("COUNTERSIGN_RATE_LIMIT_TOKEN", "30/s")])] {
        assert_eq!((quiet.login, quiet.failed_logins, quiet.requests.token), (None, None, None));
        assert!(quiet.userinfo.is_some_and(|limit| !limit.is_kept));
    }
    let asked = limits(&[("COUNTERSIGN_RATE_LIMITS", "true")]);
    assert!(asked.login.is_some() && asked.failed_logins.is_some());
    assert!(asked.userinfo.is_some_and(|limit| limit.is_kept));
}
