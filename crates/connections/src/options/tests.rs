use serde_json::{Map, Value, json};

use crate::{Apple, Facebook, Google, Provider, Providers, Twitter};

fn written(provider: &dyn Provider, options: &Value) -> Value {
    let mut options: Map<String, Value> = options.as_object().unwrap().clone();
    provider.options().write_scope(&mut options);
    options.remove("scope").unwrap_or_default()
}

#[test]
fn switches_are_written_into_scope_in_the_form_of_the_strategy() {
    let google = json!({ "email": true, "profile": true, "calendar": true, "scope": ["profile", "x"] });
    let scope = json!(["profile", "x", "email", "https://www.googleapis.com/auth/calendar"]);
    assert_eq!(written(&Google, &google), scope);
    assert_eq!(written(&Google, &json!({ "email": false, "scope": ["email", "x"] })), json!(["x"]));
    assert_eq!(written(&Facebook, &json!({ "email": true, "public_profile": true })), "public_profile,email");
    assert_eq!(written(&Apple, &json!({ "email": true, "scope": "name" })), "name email");
    let twitter = json!({ "tweet_read": true, "freeform_scopes": ["like.read"] });
    assert_eq!(written(&Twitter, &twitter), json!(["tweet.read", "like.read"]));
}

#[test]
fn without_switches_scope_stays_as_it_is_written() {
    assert_eq!(written(&Facebook, &json!({ "scope": "email, public_profile" })), "email, public_profile");
    assert_eq!(written(&Google, &json!({})), Value::Null);
}

#[test]
fn every_strategy_names_its_secrets_and_takes_the_common_options() {
    let providers = Providers::built_in();
    for strategy in providers.strategies() {
        let options = providers.find(strategy).unwrap().options();
        assert!(options.secrets().count() == 1, "{strategy}");
        let wrong =
            json!({ "non_persistent_attrs": "x", "set_user_root_attributes": "on_each_login", "new": 1 });
        let problems = options.problems(wrong.as_object().unwrap());
        assert_eq!(
            problems.iter().map(|problem| problem.name.as_str()).collect::<Vec<_>>(),
            ["non_persistent_attrs"]
        );
    }
}

#[test]
fn null_is_left_out() {
    let nothing = json!({ "client_id": null, "client_secret": null, "scope": null });
    assert!(Google.options().problems(nothing.as_object().unwrap()).is_empty());
}
