use super::*;

fn is_refused(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Refuse(_))
}

#[test]
fn sp_005_dangerous_schemes_are_refused_in_every_registered_uri() {
    let dangerous = [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        " javascript:alert(1)",
        "\tjavascript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:https://a.test/x",
        "about:blank",
    ];
    for uri in dangerous {
        for rule in [callback, logout_url, origin, web_url, https_url] {
            assert!(is_refused(&rule(uri)), "{uri:?}");
        }
    }
}

#[test]
fn sp_010_a_callback_with_a_parameter_of_the_answer_is_refused() {
    for name in RESPONSE_PARAMETERS {
        assert!(is_refused(&callback(&format!("https://a.test/cb?{name}=x"))), "{name}");
        assert!(is_refused(&callback(&format!("https://a.test/cb?a=b&{name}"))), "{name}");
    }
    assert_eq!(callback("https://a.test/cb?tenant=x&encode=1"), Verdict::Keep);
}

#[test]
fn callbacks_may_have_private_schemes_and_loopback() {
    for uri in
        ["https://a.test", "http://localhost:3000/cb", "http://[::1]:80/", "com.example.app://a/b", "app:/cb"]
    {
        assert_eq!(callback(uri), Verdict::Keep, "{uri}");
    }
    for uri in ["", "/cb", "https://", "https://u@a.test/", "https://a.test:0/", "https://é.test/", "a b"] {
        assert!(is_refused(&callback(uri)), "{uri}");
    }
}

#[test]
fn core_018_sp_003_a_wildcard_stands_in_the_left_most_label_of_a_web_host_alone() {
    for uri in ["https://*.a.test/cb", "https://pr-*-web.a.test/cb", "http://*.dev.a.test:8080/"] {
        for rule in [callback, logout_url, origin, web_origin] {
            assert_eq!(rule(uri), Verdict::Keep, "{uri}");
        }
    }
    for (uri, why) in [
        ("https://*.test/", "top-level domain"),
        ("https://*.co.uk/", "top-level domain"),
        ("https://*.0.0.1/", "address"),
        ("https://a.*.b.test/", "left-most label"),
        ("https://a.test/*", "left-most label"),
        ("https://*.*.a.test/", "more than one *"),
        ("com.example.*://cb", ""),
        ("com.example.app://*.a.test/", "only http and https"),
    ] {
        for rule in [callback, logout_url, origin, web_origin] {
            let Verdict::Refuse(message) = rule(uri) else { panic!("{uri}") };
            assert!(message.contains(why), "{uri}: {message}");
        }
    }
}

#[test]
fn placeholders_are_kept_with_the_warning_that_they_match_nothing_yet() {
    let metadata = "https://{custom_domain.metadata.public_host}.a.test/cb";
    for rule in [callback, logout_url, origin, web_origin] {
        assert!(matches!(rule(metadata), Verdict::KeepBut(_)));
    }
    let organization = "https://{organization_name}.a.test/cb";
    for rule in [callback, origin] {
        assert!(matches!(rule(organization), Verdict::KeepBut(_)));
    }
    for rule in [logout_url, web_origin] {
        assert!(is_refused(&rule(organization)));
    }
    for wrong in [
        "https://{x}.a.test/",
        "https://{organization_name/",
        "https://x-{organization_name}.a.test/",
        "https://{organization_name}-x.a.test/",
        "https://a.{organization_name}.test/",
        "https://{organization_name}.*.a.test/",
        "https://a.test/{organization_name}",
        "app://{organization_name}.a.test/",
        "https://{custom_domain.metadata.host}.a.test/",
        "https://a.test/{custom_domain.metadata.public_path}",
    ] {
        assert!(is_refused(&callback(wrong)), "{wrong}");
    }
}

#[test]
fn origins_of_other_schemes_are_left_out() {
    assert_eq!(origin("http://localhost:4200"), Verdict::Keep);
    assert!(matches!(origin("capacitor://localhost"), Verdict::Leave(_)));
    assert!(is_refused(&origin("*")));
    assert!(is_refused(&origin("null")));
}

#[test]
fn grants_that_come_later_are_kept_with_a_warning() {
    for grant in ["authorization_code", "refresh_token", "client_credentials", "implicit"] {
        assert_eq!(grant_type(grant), Verdict::Keep);
    }
    for grant in [
        "password",
        "urn:ietf:params:oauth:grant-type:device_code",
        "http://auth0.com/oauth/grant-type/mfa-otp",
    ] {
        assert!(matches!(grant_type(grant), Verdict::KeepBut(_)), "{grant}");
    }
    assert!(is_refused(&grant_type("authorisation_code")));
}

#[test]
fn messages_on_secrets_do_not_show_them() {
    let Verdict::Refuse(message) = secret("hunter2 hunter2 hunter2") else { panic!() };
    assert!(!message.contains("hunter2"));
    assert!(is_refused(&secret("fifteen-letters")));
    assert_eq!(secret("sixteen-letters!"), Verdict::Keep);
}
