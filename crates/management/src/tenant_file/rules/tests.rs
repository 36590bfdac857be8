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
fn wildcards_and_placeholders_are_left_out_until_they_match() {
    let open = [
        "https://*.a.test/cb",
        "https://{organization_name}.a.test/cb",
        "https://{custom_domain.metadata.public_host}/cb",
    ];
    for uri in open {
        for rule in [callback, logout_url, origin] {
            assert!(matches!(rule(uri), Verdict::Leave(_)), "{uri}");
        }
    }
    assert!(is_refused(&callback("https://{x}.a.test/")));
    assert!(is_refused(&callback("https://{organization_name/")));
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
