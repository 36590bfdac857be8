use super::*;
use crate::tests::parameters;

fn ask(prompt: &str) -> Result<Prompt, &'static str> {
    parse(&parameters(&[("prompt", prompt)])).map_err(|error| {
        assert_eq!(error.code, ErrorCode::InvalidRequest);
        error.rule
    })
}

fn max_age(value: &str) -> Result<Option<Seconds>, &'static str> {
    parse(&parameters(&[("max_age", value)])).map(|prompt| prompt.max_age).map_err(|error| {
        assert_eq!(error.code, ErrorCode::InvalidRequest);
        error.rule
    })
}

#[test]
fn each_value_means_what_it_says() {
    let nothing = Prompt::default();
    assert_eq!(parse(&parameters(&[])), Ok(nothing));
    assert_eq!(ask(""), Ok(nothing));
    assert_eq!(ask("none"), Ok(Prompt { none: true, ..nothing }));
    assert_eq!(ask("login"), Ok(Prompt { login: true, ..nothing }));
    assert_eq!(ask("consent"), Ok(Prompt { consent: true, ..nothing }));
    assert_eq!(ask("select_account"), Ok(Prompt { login: true, ..nothing }));
    let both = Prompt { login: true, consent: true, ..nothing };
    for order in ["login consent", "consent login", " consent  login ", "login consent select_account"] {
        assert_eq!(ask(order), Ok(both), "{order}");
    }
}

#[test]
fn none_stands_alone() {
    for prompt in ["none login", "login none", "none consent", "none none", "none unknown", "unknown none"] {
        assert_eq!(ask(prompt), Err("authorize.prompt_none_not_alone"), "{prompt}");
    }
}

#[test]
fn an_unknown_value_is_ignored_unless_it_stands_alone() {
    assert_eq!(ask("create login"), Ok(Prompt { login: true, ..Prompt::default() }));
    assert_eq!(ask("create signup"), Ok(Prompt::default()));
    for alone in ["create", "None", "LOGIN", "none,login", "login\tconsent"] {
        assert_eq!(ask(alone), Err("authorize.unknown_prompt"), "{alone}");
    }
}

#[test]
fn max_age_is_a_number_of_seconds() {
    for (value, seconds) in [("0", 0), ("1", 1), ("0060", 60), ("4294967295", 4_294_967_295)] {
        assert_eq!(max_age(value), Ok(Some(Seconds(seconds))));
    }
    assert_eq!(max_age(""), Ok(None));
    for value in
        ["-1", "+1", "1.5", "1e3", " 1", "1 ", "abc", "4294967296", "99999999999999999999", "0x10", "١"]
    {
        assert_eq!(max_age(value), Err("authorize.malformed_max_age"), "{value:?}");
    }
}

#[test]
fn core_046_core_047_auth_time_is_due_after_prompt_login_and_max_age() {
    let due = |pairs: &[(&str, &str)]| parse(&parameters(pairs)).unwrap().makes_auth_time_due();
    assert!(due(&[("prompt", "login")]));
    assert!(due(&[("max_age", "0")]));
    assert!(due(&[("max_age", "3600"), ("prompt", "none")]));
    assert!(!due(&[]));
    assert!(!due(&[("prompt", "none")]));
    assert!(!due(&[("prompt", "consent")]));
}

#[test]
fn core_057_sp_018_acr_values_must_be_among_the_tenants_if_it_names_any() {
    let ask = |asked: &str, supported: &[&str]| {
        let supported: Vec<String> = supported.iter().map(|acr| (*acr).to_owned()).collect();
        check_acr_values(&parameters(&[("acr_values", asked)]), &supported).map_err(|error| error.rule)
    };
    let refused = Err("authorize.unsupported_acr_value");
    assert_eq!(ask("urn:anything", &[]), Ok(()));
    assert_eq!(ask("", &["gold"]), Ok(()));
    assert_eq!(ask("gold", &["silver", "gold"]), Ok(()));
    assert_eq!(ask("gold silver", &["silver", "gold"]), Ok(()));
    assert_eq!(ask("gold bronze", &["silver", "gold"]), refused);
    assert_eq!(ask("Gold", &["gold"]), refused);
}
